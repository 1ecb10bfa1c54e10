// One HTTP request and its reply as plain values. Knows no sockets and no HTTP library.
#pragma once

#include <functional>
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
  std::string accept_encoding;
  std::string scrape_timeout;  ///< X-Prometheus-Scrape-Timeout-Seconds, as Prometheus sends it
  std::string origin;          ///< a browser's word on who is asking; empty from everything else
  std::string fetch_site;      ///< Sec-Fetch-Site, likewise
  Secret authorization;        ///< the header field as it was sent
  Secret token;                ///< X-Mirrorwarden-Token: the API's token when Authorization holds a password
  std::string body;            ///< at most kLargestBody bytes
};

struct WebReply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// Takes requests whose reply has to be waited for, such as /probe, so that no thread of the HTTP server is held
/// meanwhile. False: not one of these. True: the function will be called once, from any thread.
using Deferred = std::function<bool(const WebRequest&, std::function<void(WebReply)>)>;

inline WebReply plain(int status, std::string_view line) {
  WebReply reply;
  reply.status = status;
  reply.body.assign(line).append("\n");
  return reply;
}

}  // namespace mw
