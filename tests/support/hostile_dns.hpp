// A DNS server on loopback, UDP and TCP on one port, that misbehaves on request: the first label of the name asked
// names the trouble. On a thread of its own, with nothing of the code under test in it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace mw {

class HostileDns {
 public:
  enum class Mood { obliging, silent };

  explicit HostileDns(Mood mood = Mood::obliging);
  ~HostileDns();
  HostileDns(const HostileDns&) = delete;
  HostileDns& operator=(const HostileDns&) = delete;

  /// As Question::servers wants it.
  std::string server() const { return "127.0.0.1:" + std::to_string(port_); }
  /// How many different source ports asked over UDP.
  int source_ports() const { return source_ports_; }

 private:
  void run();

  Mood mood_;
  int udp_ = -1;
  int tcp_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> source_ports_ = 0;
  std::thread thread_;
};

}  // namespace mw
