// A TCP connection that may go over to TLS: bytes in, bytes out, each step with a deadline. Knows no protocol.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "probes/live_contexts.hpp"
#include "probes/live_loop.hpp"
#include "probes/live_socket.hpp"
#include "probes/live_tls.hpp"

namespace mw {

class Stream {
 public:
  Stream(std::shared_ptr<LiveLoop>, Endpoint to, std::optional<Address> source);

  Task<std::optional<Failure>> connect(SteadyTime deadline);
  Task<std::optional<Failure>> secure(std::unique_ptr<TlsSession>, SteadyTime deadline);
  Task<std::optional<Failure>> write(std::string bytes, SteadyTime deadline);
  /// Adds what has come to `buffer`, at least a byte; ended() when nothing will any more.
  Task<std::optional<Failure>> read(SteadyTime deadline);
  bool ended() const { return ended_; }
  std::string& buffer() { return buffer_; }
  int socket() const { return socket_.get(); }
  const std::optional<TlsSeen>& seen() const { return seen_; }

 private:
  bool start_connecting(Failure& trouble);
  Task<bool> ready(TlsStep step, SteadyTime until);
  TlsStep read_plain();
  TlsStep write_plain(std::string_view& rest);
  Failure stalled(Layer layer, const char* what) const;
  Failure broken() const;

  std::shared_ptr<LiveLoop> loop_;
  Endpoint to_;
  std::optional<Address> source_;
  Wakeup wakeup_;
  Descriptor socket_;
  std::unique_ptr<TlsSession> tls_;
  std::unique_ptr<Watch> watch_;  // after the socket: gone before it is closed
  std::string buffer_;
  std::optional<TlsSeen> seen_;
  int error_ = 0;
  bool ended_ = false;
};

/// Binds to `source`, if any, with a port of the system's choice. False, and errno, when that cannot be.
bool bind_source(int socket, const std::optional<Address>& source);

}  // namespace mw
