// The only code that knows civetweb. Exceptions stop here: above begin_request there are C frames.
#include "exporter/web/server.hpp"

#include <civetweb.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "exporter/web/api_routes.hpp"
#include "exporter/web/random_secret.hpp"
#include "exporter/web/reply_text.hpp"

namespace mw {

namespace {

constexpr std::size_t kChunk = std::size_t{64} * 1024;
constexpr const char* kSecretField = "X-Mirrorwarden-Secret";
constexpr const char* kAuthorization = "Authorization";
constexpr const char* kToken = "X-Mirrorwarden-Token";

/// The fields that go from the listener to here, as they were sent.
struct PassedOn {
  const char* name;
  std::string WebRequest::*text;
};
constexpr std::array<PassedOn, 5> kPassedOn = {{
    {"Accept", &WebRequest::accept},
    {"Accept-Encoding", &WebRequest::accept_encoding},
    {"X-Prometheus-Scrape-Timeout-Seconds", &WebRequest::scrape_timeout},
    {"Origin", &WebRequest::origin},
    {"Sec-Fetch-Site", &WebRequest::fetch_site},
}};

/// Of the listener it can be slow: it reads no faster than whoever is at its other side.
bool send_all(mg_connection* connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = std::min(bytes.size(), kChunk);
    if (mg_write(connection, bytes.data(), length) != static_cast<int>(length)) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

struct Shape {
  bool keeps_alive = false;
  bool with_body = true;
};

/// A large body is not copied behind its head.
void send_reply(mg_connection* connection, const WebReply& reply, Shape shape) {
  std::string out = reply_head(reply, shape.keeps_alive);
  const bool is_small = reply.body.size() < kChunk;
  if (shape.with_body && is_small) out += reply.body;
  if (send_all(connection, out) && shape.with_body && !is_small) send_all(connection, reply.body);
}

std::string header(const mg_connection* connection, const char* name) {
  const char* value = mg_get_header(connection, name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string text_or_empty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

WebRequest to_request(const mg_connection* connection) {
  const mg_request_info* info = mg_get_request_info(connection);
  WebRequest request;
  request.method = text_or_empty(info->request_method);
  request.path = text_or_empty(info->request_uri);
  request.query = text_or_empty(info->query_string);
  for (const auto& [name, text] : kPassedOn) request.*text = header(connection, name);
  request.authorization = Secret(header(connection, kAuthorization));
  request.token = Secret(header(connection, kToken));
  return request;
}

/// The body as its Content-Length announces it; less when the listener goes away.
std::string body_of(mg_connection* connection) {
  const auto length = static_cast<std::size_t>(
      std::clamp(mg_get_request_info(connection)->content_length, 0LL, static_cast<long long>(kLargestBody)));
  std::string body(length, '\0');
  std::size_t size = 0;
  while (size < length) {
    const int got = mg_read(connection, body.data() + size, length - size);
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  body.resize(size);
  return body;
}

struct Served {
  WebServer::Answer answer;
  Secret secret;
};

/// In a time that does not tell how much of it was right.
bool is_from_listener(const mg_connection* connection, const Secret& secret) {
  const std::string told = header(connection, kSecretField);
  if (told.size() != secret.reveal().size()) return false;
  unsigned char differ = 0;
  for (std::size_t i = 0; i < told.size(); ++i)
    differ = static_cast<unsigned char>(differ | (told[i] ^ secret.reveal()[i]));
  return differ == 0;
}

Shape shape_for(const mg_connection* connection) {
  const bool is_head = text_or_empty(mg_get_request_info(connection)->request_method) == "HEAD";
  return {header(connection, "Connection") == "keep-alive", !is_head};
}

WebReply reply_to(mg_connection* connection, const Served& served) {
  if (!is_from_listener(connection, served.secret)) return plain(403, "not from here: ask at --web.listen-address");
  WebRequest request = to_request(connection);
  request.body = body_of(connection);
  return fit_for(request.path, served.answer(request));
}

/// Never 0: that would hand the request to civetweb's own file handling.
int begin_request(mg_connection* connection) noexcept {
  const auto& served = *static_cast<const Served*>(mg_get_user_context_data(connection));
  try {
    const WebReply reply = reply_to(connection, served);
    send_reply(connection, reply, shape_for(connection));
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
    send_reply(connection, plain(status, mg_get_response_code_text(connection, status)), {});
  } catch (...) {  // out of memory: the connection is closed without an answer
  }
  return 0;
}

int no_log(const mg_connection* /*connection*/, const char* /*message*/) { return 1; }

/// More threads than answers at a time: one that has answered takes a moment to close. No timeout of civetweb's comes
/// before the listener's own.
constexpr std::array<const char*, 29> kOptions = {"listening_ports",
                                                  "127.0.0.1:0",
                                                  "num_threads",
                                                  "12",
                                                  "request_timeout_ms",
                                                  "600000",
                                                  "max_request_size",
                                                  "32768",
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

void append_field(std::string& out, const char* name, const std::string& value) {
  if (!value.empty()) out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

struct WebServer::Engine {
  Served served;
  mg_context* context = nullptr;
};

std::variant<std::unique_ptr<WebServer>, std::string> WebServer::start(Answer answer) {
  auto engine = std::make_unique<Engine>();
  engine->served = {std::move(answer), random_secret()};
  mg_callbacks callbacks{};
  callbacks.begin_request = begin_request;
  callbacks.http_error = http_error;
  callbacks.log_message = no_log;
  auto options = kOptions;
  mg_init_library(0);
  mg_init_data init{&callbacks, &engine->served, options.data()};
  unsigned code = 0;
  std::array<char, 256> text{};
  mg_error_data error{&code, text.data(), text.size()};
  errno = 0;
  engine->context = mg_start2(&init, &error);
  if (engine->context == nullptr) {
    const std::string why = "the web server cannot start on loopback: " + std::string(std::strerror(errno));
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

std::uint16_t WebServer::port() const {
  mg_server_port port{};
  return mg_get_server_ports(engine_->context, 1, &port) == 1 ? static_cast<std::uint16_t>(port.port) : 0;
}

std::string WebServer::head_of(const WebRequest& request, bool keeps_alive) const {
  std::string out = request.method + " " + request.path;
  if (!request.query.empty()) out.append("?").append(request.query);
  out.append(" HTTP/1.1\r\nHost: mirrorwarden\r\nConnection: ").append(keeps_alive ? "keep-alive" : "close");
  out.append("\r\n");
  append_field(out, kSecretField, engine_->served.secret.reveal());
  for (const auto& [name, text] : kPassedOn) append_field(out, name, request.*text);
  append_field(out, kAuthorization, request.authorization.reveal());
  append_field(out, kToken, request.token.reveal());
  append_field(out, "Content-Length", std::to_string(request.body.size()));
  return out.append("\r\n");
}

}  // namespace mw
