// The listener: what stands between the world and the web server. It takes connections (TCP over v4 and v6, unix
// sockets, systemd's; plain or TLS), reads one request head within a deadline and a cap, refuses what is not plainly
// ours, and passes the rest on. One thread, one coroutine per connection. Knows no pages.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "exporter/exposition.hpp"
#include "exporter/log.hpp"
#include "exporter/web/admission.hpp"
#include "exporter/web/message.hpp"
#include "exporter/web/server.hpp"

namespace mw {

struct ListenerOptions {
  std::vector<std::string> addresses = {"127.0.0.1:19791"};  ///< see parse_listen_address()
  bool systemd_socket = false;                               ///< instead of the addresses
  std::string web_config_file;                               ///< empty: plain HTTP for everybody
  WebLimits limits;
};

/// What is wrong with the addresses or the web configuration and its files, one a line.
std::optional<std::string> trouble_of(const ListenerOptions&);

class Listener {
 public:
  /// The one answers on threads of the web server, the other (if any) is asked first, on the listener's own thread.
  struct Site {
    WebServer::Answer answer;
    Deferred deferred;
  };

  /// Already listening, or why it cannot.
  static std::variant<std::unique_ptr<Listener>, std::string> start(ListenerOptions, Site, Log&);

  ~Listener();  ///< takes no more requests and gives those in flight a moment
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Where it listens, in the form that --web.listen-address takes.
  std::vector<std::string> addresses() const;
  /// From any thread.
  std::vector<Family> families() const;

 private:
  struct Running;
  explicit Listener(std::unique_ptr<Running> running);
  std::unique_ptr<Running> running_;
};

}  // namespace mw
