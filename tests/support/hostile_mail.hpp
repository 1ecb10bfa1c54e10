// A mail server on loopback that misbehaves as it is told. On threads of its own, with nothing of the code under test
// in it. Knows no TLS: what comes after a handshake is tested with a real server.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mw {

/// `trouble` is empty or one of the names in hostile_mail.cpp. Recipients named gone@… or busy@… are refused.
class HostileMail {
 public:
  explicit HostileMail(std::string trouble = "");
  ~HostileMail();
  HostileMail(const HostileMail&) = delete;
  HostileMail& operator=(const HostileMail&) = delete;

  std::uint16_t port() const { return port_; }
  /// Every line that was read as a command or as part of a login, in order.
  std::vector<std::string> commands() const;
  /// The texts that were read to their end, as they were on the wire, without the last dot.
  std::vector<std::string> texts() const;

 private:
  friend class MailSession;
  void accept_loop();

  std::string trouble_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> commands_;
  std::vector<std::string> texts_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace mw
