// The web server: civetweb, bound to one IPv4 address, serving nothing but what one function answers. No files, no
// forms, no CGI, no CORS: the parts of civetweb with a history of holes are never reached.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "exporter/web/message.hpp"

namespace mw {

struct Listen {
  std::string host;
  std::uint16_t port = 0;
};

/// "127.0.0.1:19791", ":19791" (all addresses), "localhost:19791". The error says what is wrong with it.
std::variant<Listen, std::string> parse_listen(std::string_view text);

class WebServer {
 public:
  /// Called from several threads at once.
  using Answer = std::function<WebReply(const WebRequest&)>;

  /// The server, already listening, or why it cannot. Port 0 takes any free one.
  static std::variant<std::unique_ptr<WebServer>, std::string> start(const std::string& listen, Answer answer);

  ~WebServer();  ///< stops listening and waits for the requests in flight
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  int port() const;

 private:
  struct Engine;
  explicit WebServer(std::unique_ptr<Engine> engine);
  std::unique_ptr<Engine> engine_;
};

}  // namespace mw
