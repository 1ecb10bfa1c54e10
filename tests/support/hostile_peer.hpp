// One connection as a hostile server on loopback sees it, on a thread of its own. Every wait ends soon after the server
// is told to stop. Nothing of the code under test in it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mw {

using namespace std::chrono_literals;

class HostilePeer {
 public:
  HostilePeer(int socket, const std::atomic<bool>& stopping) : socket_(socket), stopping_(stopping) {}

  bool wait(short events, std::chrono::milliseconds at_most) const {
    const auto end = std::chrono::steady_clock::now() + at_most;
    while (!stopping_ && std::chrono::steady_clock::now() < end) {
      pollfd descriptor{socket_, events, 0};
      if (::poll(&descriptor, 1, 10) > 0) return true;
    }
    return false;
  }

  bool say(std::string_view text) const {
    while (!text.empty()) {
      if (!wait(POLLOUT, 20s)) return false;
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void say_for_ever(std::string_view text) const {
    while (say(text)) {
    }
  }

  /// A byte now and then until the other side leaves.
  void drip(std::string_view text, std::chrono::milliseconds every) const {
    for (const char c : text)
      if (!say({&c, 1}) || gone(every)) return;
    while (!gone(every))
      if (!say("x")) return;
  }

  /// Whether the other side closed within this time.
  bool gone(std::chrono::milliseconds within) const {
    if (!wait(POLLIN, within)) return stopping_;
    char byte = 0;
    return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
  }

  void stay() const {
    while (!gone(1s)) {
    }
  }

  void reset() const {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

  std::string read_head() const {
    std::string head;
    char buffer[4096];
    while (head.find("\r\n\r\n") == std::string::npos && head.size() < 65536) {
      if (!wait(POLLIN, 20s)) return {};
      const ssize_t got = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
      if (got <= 0) return head;
      head.append(buffer, static_cast<std::size_t>(got));
    }
    return head;
  }

  /// Without its end; nothing when the other side left.
  std::optional<std::string> read_line(std::string& rest) const {
    char buffer[4096];
    while (rest.find("\r\n") == std::string::npos) {
      if (!wait(POLLIN, 20s)) return std::nullopt;
      const ssize_t got = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
      if (got <= 0) return std::nullopt;
      rest.append(buffer, static_cast<std::size_t>(got));
    }
    std::string line = rest.substr(0, rest.find("\r\n"));
    rest.erase(0, line.size() + 2);
    return line;
  }

  void read_something() const {
    char buffer[4096];
    if (wait(POLLIN, 20s)) [[maybe_unused]]
      const ssize_t got = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
  }

 private:
  int socket_;
  const std::atomic<bool>& stopping_;
};

/// On loopback; throws when there is none.
inline int listening_socket(std::uint16_t& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || ::bind(listener, generic, length) != 0 || ::listen(listener, 64) != 0)
    throw std::runtime_error("no loopback listener");
  ::getsockname(listener, generic, &length);
  port = ntohs(address.sin_port);
  return listener;
}

}  // namespace mw
