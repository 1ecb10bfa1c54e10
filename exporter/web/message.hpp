// One HTTP request and its reply as plain values. Knows no sockets and no HTTP library.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "probes/secret.hpp"

namespace mw {

inline constexpr std::size_t kLargestBody = 64 * 1024;

struct WebRequest {
  std::string method;
  std::string path;   ///< as sent, not decoded
  std::string query;  ///< without the question mark
  std::string accept;
  std::string origin;      ///< a browser's word on who is asking; empty from everything else
  std::string fetch_site;  ///< Sec-Fetch-Site, likewise
  Secret authorization;    ///< the header field as it was sent
  std::string body;        ///< at most kLargestBody bytes
};

struct WebReply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

inline WebReply plain(int status, std::string_view line) {
  WebReply reply;
  reply.status = status;
  reply.body.assign(line).append("\n");
  return reply;
}

}  // namespace mw
