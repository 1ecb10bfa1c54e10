// One HTTP request and its response as values, for the lab's own small server. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mw::lab {

struct Request {
  std::string method;
  std::string target;
  std::size_t content_length = 0;
  bool keep_alive = true;
  std::string body;
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string last_modified;  ///< an HTTP date; not sent when empty
  std::string body;
};

/// From a request head without its final empty line. Nothing when it is not HTTP/1.x.
std::optional<Request> parse_request(std::string_view head);

/// As sent; without the body for HEAD.
std::string serialise(const Response&, const Request&);

/// RFC 9110 IMF-fixdate.
std::string http_date(std::int64_t unix_seconds);

}  // namespace mw::lab
