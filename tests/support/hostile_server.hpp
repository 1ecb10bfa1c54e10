// An HTTP server on loopback that misbehaves on request: the path names the trouble. On threads of its own, with
// nothing of the code under test in it.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mw {

/// What happens to a connection before a byte of it is read.
enum class Greeting {
  serve,           ///< read the request, then do what its path says
  silent,          ///< accept, say nothing
  close_at_once,   ///< FIN
  reset_at_once,   ///< RST
  never_accept,    ///< the kernel completes the handshake, nobody ever comes
  say_hello,       ///< send an HTTP/1 error page unasked: plain text where TLS is expected
  alert,           ///< a TLS alert: handshake_failure
  swallow_hello,   ///< read a ClientHello, then FIN
  reset_on_hello,  ///< read a ClientHello, then RST
};

class HostileServer {
 public:
  explicit HostileServer(Greeting greeting = Greeting::serve);
  ~HostileServer();
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  std::uint16_t port() const { return port_; }
  /// The heads of all requests read so far.
  std::vector<std::string> requests() const;

 private:
  void accept_loop();
  void greet(int socket);
  void serve(int socket);

  Greeting greeting_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

/// A loopback port on which nobody listens.
std::uint16_t closed_port();

}  // namespace mw
