// The only code that knows civetweb. Exceptions stop here: above begin_request there are C frames.
#include "exporter/web/server.hpp"

#include <civetweb.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>

#include "exporter/web/api_routes.hpp"
#include "probes/address.hpp"

namespace mw {

namespace {

constexpr std::size_t kChunk = std::size_t{16} * 1024;
/// For a whole reply: civetweb's own timeout begins anew with every byte that a slow reader takes.
constexpr auto kReplyDeadline = std::chrono::seconds(10);
/// For a whole body, likewise.
constexpr auto kRequestDeadline = std::chrono::seconds(10);

constexpr std::string_view kCommonHeaders =
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cache-Control: no-store\r\n"
    "Connection: close\r\n";

using Deadline = std::chrono::steady_clock::time_point;

/// Whether all of it went out.
bool send_all(mg_connection* connection, std::string_view bytes, Deadline deadline) {
  while (!bytes.empty() && std::chrono::steady_clock::now() < deadline) {
    const std::size_t length = std::min(bytes.size(), kChunk);
    if (mg_write(connection, bytes.data(), length) != static_cast<int>(length)) return false;
    bytes.remove_prefix(length);
  }
  return bytes.empty();
}

void send_reply(mg_connection* connection, const WebReply& reply, bool with_body) {
  std::string out = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  out.append(mg_get_response_code_text(connection, reply.status)).append("\r\n");
  out.append("Content-Type: ").append(reply.content_type).append("\r\n");
  out.append("Content-Length: ").append(std::to_string(reply.body.size())).append("\r\n");
  for (const auto& [name, value] : reply.headers) out.append(name).append(": ").append(value).append("\r\n");
  out.append(kCommonHeaders).append("\r\n");
  const Deadline deadline = std::chrono::steady_clock::now() + kReplyDeadline;
  std::string_view body = with_body ? std::string_view(reply.body) : "";
  out.append(body.substr(0, kChunk));  // a short reply in one packet; a long one is not copied
  body.remove_prefix(std::min(kChunk, body.size()));
  if (send_all(connection, out, deadline)) send_all(connection, body, deadline);
}

std::string header(const mg_connection* connection, const char* name) {
  const char* value = mg_get_header(connection, name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string text_or_empty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

/// Bytes that end a line or a C string, as such or percent-encoded, have no place in any URI of ours.
bool is_clean(std::string_view uri) {
  for (std::size_t i = 0; i < uri.size(); ++i) {
    const auto byte = static_cast<unsigned char>(uri[i]);
    if (byte <= 0x20 || byte >= 0x7F) return false;
    if (uri[i] != '%') continue;
    const auto code = uri.substr(i + 1, 2);
    if (code == "00" || code == "0a" || code == "0A" || code == "0d" || code == "0D") return false;
  }
  return true;
}

/// What is wrong with a request before anybody asks what it wants; 0 = nothing.
int refusal(const mg_connection* connection, const WebRequest& request) {
  if (!request.path.starts_with('/') || !is_clean(request.path) || !is_clean(request.query)) return 400;
  if (mg_get_header(connection, "Transfer-Encoding") != nullptr) return 400;
  const std::string version = text_or_empty(mg_get_request_info(connection)->http_version);
  if (version == "1.1" && mg_get_header(connection, "Host") == nullptr) return 400;
  return 0;
}

WebRequest to_request(const mg_connection* connection) {
  const mg_request_info* info = mg_get_request_info(connection);
  WebRequest request;
  request.method = text_or_empty(info->request_method);
  request.path = text_or_empty(info->request_uri);
  request.query = text_or_empty(info->query_string);
  request.accept = header(connection, "Accept");
  request.accept_encoding = header(connection, "Accept-Encoding");
  request.scrape_timeout = header(connection, "X-Prometheus-Scrape-Timeout-Seconds");
  request.origin = header(connection, "Origin");
  request.fetch_site = header(connection, "Sec-Fetch-Site");
  request.authorization = Secret(header(connection, "Authorization"));
  return request;
}

/// The body as its Content-Length announces it; less when the sender goes away or dawdles.
std::string body_of(mg_connection* connection, std::size_t length) {
  const auto deadline = std::chrono::steady_clock::now() + kRequestDeadline;
  std::string body;
  std::array<char, kChunk> chunk{};
  while (body.size() < length && std::chrono::steady_clock::now() < deadline) {
    const int got = mg_read(connection, chunk.data(), std::min(chunk.size(), length - body.size()));
    if (got <= 0) break;
    body.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return body;
}

WebReply reply_to(mg_connection* connection, WebRequest& request, const WebServer::Answer& answer) {
  constexpr std::array<std::string_view, 4> kMethods = {"GET", "HEAD", "POST", "DELETE"};
  if (const int status = refusal(connection, request)) return plain(status, "bad request");
  if (std::find(kMethods.begin(), kMethods.end(), request.method) == kMethods.end()) {
    WebReply reply = plain(405, "method not allowed");
    reply.headers.emplace_back("Allow", "GET, HEAD, POST, DELETE");
    return reply;
  }
  const long long length = std::max(0LL, mg_get_request_info(connection)->content_length);
  if (length > static_cast<long long>(kLargestBody)) return plain(413, "the body is larger than 64 KiB");
  request.body = body_of(connection, static_cast<std::size_t>(length));
  if (request.body.size() < static_cast<std::size_t>(length)) return plain(408, "the body did not arrive in time");
  return answer(request);
}

/// Never 0: that would hand the request to civetweb's own file handling.
int begin_request(mg_connection* connection) noexcept {
  const auto& answer = *static_cast<const WebServer::Answer*>(mg_get_user_context_data(connection));
  try {
    WebRequest request = to_request(connection);
    const WebReply reply = fit_for(request.path, reply_to(connection, request, answer));
    send_reply(connection, reply, request.method != "HEAD");
    return reply.status;
  } catch (...) {
    constexpr std::string_view kBroken =
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    mg_write(connection, kBroken.data(), kBroken.size());
    return 500;
  }
}

/// civetweb's own error pages quote the request; ours say the status and no more.
int http_error(mg_connection* connection, int status, const char* /*message*/) noexcept {
  try {
    send_reply(connection, plain(status, mg_get_response_code_text(connection, status)), true);
  } catch (...) {  // out of memory: the connection is closed without an answer
  }
  return 0;
}

int no_log(const mg_connection* /*connection*/, const char* /*message*/) { return 1; }

std::array<const char*, 29> options_for(const char* address) {
  return {"listening_ports",
          address,
          "num_threads",
          "8",
          "request_timeout_ms",
          "3000",
          "max_request_size",
          "8192",
          "enable_keep_alive",
          "no",
          "keep_alive_timeout_ms",
          "0",
          "decode_url",
          "no",
          "enable_directory_listing",
          "no",
          "cgi_pattern",
          "",
          "ssi_pattern",
          "",
          "access_control_allow_origin",
          "",
          "access_control_allow_methods",
          "",
          "access_control_allow_headers",
          "",
          "tcp_nodelay",
          "1",
          nullptr};
}

std::string cannot_listen(const std::string& address) {
  return "cannot listen on " + address + ": " + std::strerror(errno);
}

}  // namespace

struct WebServer::Engine {
  Answer answer;
  mg_context* context = nullptr;
};

std::variant<Listen, std::string> parse_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return "\"" + std::string(text) + "\" is not of the form host:port";
  const std::string_view port = text.substr(colon + 1);
  Listen out{std::string(text.substr(0, colon)), 0};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc{} || end != port.data() + port.size())
    return "\"" + std::string(port) + "\" is not a port (0 to 65535)";
  if (out.host.empty()) out.host = "0.0.0.0";
  if (out.host == "localhost") out.host = "127.0.0.1";
  const auto address = parse_address(out.host);
  if (out.host.find(':') != std::string::npos || (address && address->v6))
    return "\"" + out.host + "\" is IPv6: only IPv4 addresses can be listened on";
  if (!address) return "\"" + out.host + "\" is not an IPv4 address";
  return out;
}

std::variant<std::unique_ptr<WebServer>, std::string> WebServer::start(const std::string& listen, Answer answer) {
  const auto parsed = parse_listen(listen);
  if (const auto* wrong = std::get_if<std::string>(&parsed)) return *wrong;
  const std::string address = std::get<Listen>(parsed).host + ":" + std::to_string(std::get<Listen>(parsed).port);

  auto engine = std::make_unique<Engine>();
  engine->answer = std::move(answer);
  mg_callbacks callbacks{};
  callbacks.begin_request = begin_request;
  callbacks.http_error = http_error;
  callbacks.log_message = no_log;
  auto options = options_for(address.c_str());
  mg_init_library(0);
  mg_init_data init{&callbacks, &engine->answer, options.data()};
  unsigned code = 0;
  std::array<char, 256> text{};
  mg_error_data error{&code, text.data(), text.size()};
  errno = 0;
  engine->context = mg_start2(&init, &error);
  if (engine->context == nullptr) {
    const std::string why = cannot_listen(address);
    mg_exit_library();
    return why;
  }
  return std::unique_ptr<WebServer>(new WebServer(std::move(engine)));
}

WebServer::WebServer(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

WebServer::~WebServer() {
  mg_stop(engine_->context);
  mg_exit_library();
}

int WebServer::port() const {
  mg_server_port port{};
  return mg_get_server_ports(engine_->context, 1, &port) == 1 ? port.port : 0;
}

}  // namespace mw
