// Status line and headers.
#include "exporter/web/reply_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace mw {

namespace {

constexpr std::array<std::pair<int, std::string_view>, 24> kPhrases = {{
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kCommonHeaders = {{
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cache-Control", "no-store"},
}};

constexpr std::string_view kLength = "\r\nContent-Length: ";
constexpr std::string_view kKeepAlive = "\r\nConnection: keep-alive\r\n\r\n";
constexpr std::string_view kClose = "\r\nConnection: close\r\n\r\n";

std::string_view phrase_of(int status) {
  const auto* const found =
      std::find_if(kPhrases.begin(), kPhrases.end(), [status](const auto& row) { return row.first == status; });
  return found == kPhrases.end() ? "Status" : found->second;
}

bool brings(const WebReply& reply, std::string_view name) {
  return std::any_of(reply.headers.begin(), reply.headers.end(),
                     [name](const auto& each) { return each.first == name; });
}

}  // namespace

std::string reply_head(const WebReply& reply, bool keeps_alive) {
  std::string out = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  out.append(phrase_of(reply.status)).append("\r\nContent-Type: ").append(reply.content_type);
  out.append(kLength).append(std::to_string(reply.body.size()));
  for (const auto& [name, value] : reply.headers) out.append("\r\n").append(name).append(": ").append(value);
  for (const auto& [name, value] : kCommonHeaders)
    if (!brings(reply, name)) out.append("\r\n").append(name).append(": ").append(value);
  return out.append(keeps_alive ? kKeepAlive : kClose);
}

void dress(WebReply& reply, const std::vector<std::pair<std::string, std::string>>& headers) {
  for (const auto& header : headers) {
    std::erase_if(reply.headers, [&](const auto& each) { return each.first == header.first; });
    reply.headers.push_back(header);
  }
}

std::optional<ReplyFrame> frame_of(std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  const auto length = bytes.substr(0, end).find(kLength);
  if (end == std::string_view::npos || length == std::string_view::npos) return std::nullopt;
  ReplyFrame frame;
  frame.head = end + 4;
  const char* const digits = bytes.data() + length + kLength.size();
  if (std::from_chars(digits, bytes.data() + end, frame.body).ec != std::errc{}) return std::nullopt;
  frame.keeps_alive = bytes.substr(0, frame.head).ends_with(kKeepAlive);
  return frame;
}

}  // namespace mw
