// The door in virtual time: a world of hosts, pages and troubles that a test arranges, and a clock that only
// moves when nothing is left to do. Held to the same contract table as the live door.
#pragma once

#include <asio/io_context.hpp>
#include <functional>
#include <map>
#include <string>

#include "probes/net.hpp"
#include "probes/talk.hpp"

namespace mw {

struct FakePage {
  int status = 200;
  std::string body;
  Headers headers;
};

/// One endpoint, "address:port". `trouble` is empty or the name of a situation (see fake_net.cpp).
struct FakeHost {
  std::string trouble;
  Duration latency = std::chrono::milliseconds(1);  ///< of an answer, when there is no trouble
  std::map<std::string, FakePage> pages;            ///< by request target; any other is a 404
  std::optional<Certificate> certificate;
  Receipt receipt = {std::nullopt, 250, "2.0.0 Ok", true, {}};  ///< for every letter
  std::uint64_t requests = 0;

  // What a conversation, an exchange of packets and a handshake meet there.
  std::string greeting;                                             ///< said as soon as somebody is connected
  std::map<std::string, std::string> says;                          ///< in reply to a line, which has lost its LF
  bool hangs_up = true;                                             ///< when it has said all; else it falls silent
  std::optional<TlsSeen> shown;                                     ///< in every handshake
  std::optional<Failure> handshake_failure;                         ///< of conversations and packets
  std::function<std::string(const std::string& question)> answers;  ///< a packet; an empty one is never sent
  std::optional<int> hop_limit;                                     ///< of echo replies; without it there are none
};

class FakeNet final : public Net {
 public:
  /// Virtual time starts at `wall`; the steady clock at its epoch.
  explicit FakeNet(asio::io_context& loop, SysTime wall = SysTime(std::chrono::seconds(1'700'000'000)));

  // The world. Hosts appear when named.
  FakeHost& host(const std::string& endpoint) { return hosts_[endpoint]; }
  void name_is(const std::string& name, Answer answer) { names_[name] = std::move(answer); }
  void on_run(std::function<Ran(const Command&)> answer) { run_ = std::move(answer); }
  /// Sees every request that reached a host, before it is answered; for receivers and counting.
  void on_fetch(std::function<void(const Fetch&)> hook) { fetch_hook_ = std::move(hook); }
  /// The same for letters.
  void on_submit(std::function<void(const Letter&)> hook) { submit_hook_ = std::move(hook); }
  void step_wall(Duration by) { wall_offset_ += by; }

  /// Runs the loop until virtual time `duration` from now has passed. Never waits in real time.
  void run_for(Duration duration);

  Task<Reply> fetch(Fetch) override;
  Task<Answer> resolve(Question) override;
  Task<Link> dial(Dial) override;
  Task<Ran> run(Command) override;
  Task<Receipt> submit(Letter) override;
  Task<TalkOpened> open(TalkOpening) override;  // these three in fake_talk.cpp
  Task<PacketAnswer> exchange(Packet) override;
  Task<Echo> ping(Ping) override;
  Task<void> sleep(Duration) override;
  Task<void> compute(std::function<void()>) override;
  SteadyTime now() const override { return now_; }
  SysTime wall() const override { return wall_start_ + wall_offset_ + now_.time_since_epoch(); }

 private:
  struct Timer {
    std::function<void()> fire;
  };
  void drain();
  FakeHost* host_at(const Address&, std::uint16_t port);

  asio::io_context& loop_;
  SteadyTime now_{};
  SysTime wall_start_;
  Duration wall_offset_{};
  std::multimap<SteadyTime, std::function<void()>> timers_;
  std::map<std::string, FakeHost> hosts_;
  std::map<std::string, Answer> names_;
  std::function<Ran(const Command&)> run_;
  std::function<void(const Fetch&)> fetch_hook_;
  std::function<void(const Letter&)> submit_hook_;
};

}  // namespace mw
