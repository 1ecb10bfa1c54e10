// The web server: civetweb, bound to a loopback port that only the listener finds useful, serving nothing but what one
// function answers. No files, no forms, no CGI, no CORS: the parts of civetweb with a history of holes are never
// reached, and nor is its reading of hostile requests: it sees what the listener wrote, whole, and refuses all else.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "exporter/web/message.hpp"

namespace mw {

class WebServer {
 public:
  /// Called from several threads at once.
  using Answer = std::function<WebReply(const WebRequest&)>;

  /// The server, already listening on 127.0.0.1, or why it cannot.
  static std::variant<std::unique_ptr<WebServer>, std::string> start(Answer answer);

  ~WebServer();  ///< stops listening and waits for the requests in flight
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  std::uint16_t port() const;
  /// The request's head as this server takes it; the body has to follow. `keeps_alive` only shows in the reply, for
  /// whoever it is passed on to: the server closes.
  std::string head_of(const WebRequest& request, bool keeps_alive) const;

 private:
  struct Engine;
  explicit WebServer(std::unique_ptr<Engine> engine);
  std::unique_ptr<Engine> engine_;
};

}  // namespace mw
