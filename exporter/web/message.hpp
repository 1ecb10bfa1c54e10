// One HTTP request and its reply as plain values. Knows no sockets and no HTTP library.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mw {

struct WebRequest {
  std::string method;
  std::string path;   ///< as sent, not decoded
  std::string query;  ///< without the question mark
  std::string accept;
  std::string origin;      ///< a browser's word on who is asking; empty from everything else
  std::string fetch_site;  ///< Sec-Fetch-Site, likewise
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
