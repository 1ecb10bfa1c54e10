// Sockets that listen: opened by us, or handed over by systemd. Knows no HTTP.
#pragma once

#include <sys/socket.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "exporter/web/listen_address.hpp"

namespace mw {

/// Owns its descriptor, and the name that a unix socket has in the file system. Non-blocking, close-on-exec.
class ListeningSocket {
 public:
  ListeningSocket(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~ListeningSocket();
  ListeningSocket(ListeningSocket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), path_(std::exchange(other.path_, {})) {}
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  int fd() const { return fd_; }
  /// Where, in the form that --web.listen-address takes; the port is the one in use.
  std::string name() const;

 private:
  int fd_ = -1;
  std::string path_;  ///< of a unix socket that we made
};

using Listening = std::vector<ListeningSocket>;

/// All of them, or what keeps the first from it.
std::variant<Listening, std::string> listen_on(const std::vector<std::string>& addresses);

/// What systemd handed over (sd_listen_fds(3)). The environment variables that say so are taken away.
std::variant<Listening, std::string> listen_on_systemd();

/// Whom a connection counts for: one IPv4 address, one IPv6 network of 64 bits, or kUnixCaller.
Address caller_of(const sockaddr_storage& peer);

}  // namespace mw
