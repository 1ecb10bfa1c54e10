// Just enough HTTP/1.1 for a lab whose only clients are an agent, curl and a browser.
#include "tests/lab/message.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace mw::lab {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

/// Up to the delimiter; removes both from `rest`.
std::string_view take(std::string_view& rest, char delimiter) {
  const std::size_t end = std::min(rest.find(delimiter), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

bool read_header(Request& request, std::string_view line) {
  const std::string name = lower(trim(take(line, ':')));
  const std::string_view value = trim(line);
  if (name == "connection") request.keep_alive = lower(value) != "close";
  if (name != "content-length") return true;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), request.content_length);
  return error == std::errc() && end == value.data() + value.size();
}

std::string_view phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

}  // namespace

std::optional<Request> parse_request(std::string_view head) {
  std::string_view line = trim(take(head, '\n'));
  Request request;
  request.method = take(line, ' ');
  request.target = take(line, ' ');
  if (!line.starts_with("HTTP/1.") || !request.target.starts_with('/')) return std::nullopt;
  request.keep_alive = line != "HTTP/1.0";
  while (!head.empty())
    if (!read_header(request, trim(take(head, '\n')))) return std::nullopt;
  return request;
}

std::string serialise(const Response& response, const Request& request) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(phrase(response.status));
  out += "\r\nServer: mirrorwarden-lab\r\nDate: " + http_date(std::time(nullptr));
  out += "\r\nContent-Type: " + response.content_type;
  out += "\r\nContent-Length: " + std::to_string(response.body.size());
  if (!response.last_modified.empty()) out += "\r\nLast-Modified: " + response.last_modified;
  out += request.keep_alive ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
  if (request.method != "HEAD") out += response.body;
  return out;
}

std::string http_date(std::int64_t unix_seconds) {
  const std::time_t at = unix_seconds;
  std::tm utc{};
  gmtime_r(&at, &utc);
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text.data(), length};
}

}  // namespace mw::lab
