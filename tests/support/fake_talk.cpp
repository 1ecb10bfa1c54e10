// Conversations, packets and echoes of the fake door.
#include <algorithm>

#include "tests/support/fake_net.hpp"

namespace mw {

namespace {

constexpr Duration kTalkLatency = std::chrono::milliseconds(1);

Failure trouble(Layer layer, Reason reason) { return {layer, reason, "as arranged"}; }

class FakeTalk final : public Talk {
 public:
  FakeTalk(FakeNet& net, FakeHost& host) : net_(net), host_(host), buffer_(host.greeting) {}

  Task<TalkHeard> line(Duration timeout) override {
    const std::size_t end = buffer_.find('\n');
    return hear(end == std::string::npos ? buffer_.size() : end + 1, timeout, true);
  }
  Task<TalkHeard> bytes(std::size_t count, Duration timeout) override { return hear(count, timeout, false); }

  Task<std::optional<Failure>> say(std::string text, Duration /*timeout*/) override {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const auto found = host_.says.find(text.substr(0, end));
      if (found != host_.says.end()) buffer_ += found->second;
      text.erase(0, end + 1);
    }
    co_await net_.sleep(kTalkLatency);
    co_return std::nullopt;
  }

  Task<std::optional<Failure>> secure(TlsOptions /*options*/, Duration /*timeout*/) override {
    co_await net_.sleep(kTalkLatency);
    buffer_.clear();
    secured_ = true;
    co_return host_.handshake_failure;
  }

  std::optional<TlsSeen> tls_seen() const override { return secured_ ? host_.shown : std::nullopt; }

 private:
  Task<TalkHeard> hear(std::size_t count, Duration timeout, bool is_line) {
    TalkHeard heard;
    const bool waits = buffer_.empty() && !host_.hangs_up;
    co_await net_.sleep(waits ? timeout : kTalkLatency);
    if (waits) heard.failure = trouble(Layer::http, Reason::timeout);
    heard.ended = buffer_.empty() && !waits;
    heard.text = buffer_.substr(0, count);
    buffer_.erase(0, count);
    if (is_line && heard.text.ends_with('\n')) heard.text.pop_back();
    if (is_line && heard.text.ends_with('\r')) heard.text.pop_back();
    co_return heard;
  }

  FakeNet& net_;
  FakeHost& host_;
  std::string buffer_;
  bool secured_ = false;
};

}  // namespace

FakeHost* FakeNet::host_at(const Address& address, std::uint16_t port) {
  const std::string text = address.v6 ? "[" + to_string(address) + "]" : to_string(address);
  const auto found = hosts_.find(text + ":" + std::to_string(port));
  if (found == hosts_.end()) return nullptr;
  ++found->second.requests;
  return &found->second;
}

Task<TalkOpened> FakeNet::open(TalkOpening how) {
  FakeHost* const host = host_at(how.address, how.port);
  const bool lost = host != nullptr && host->trouble == "blackhole";
  const bool stalls = host != nullptr && host->trouble == "tls_stalled" && how.tls;
  co_await sleep(lost || stalls ? how.timeout : kTalkLatency);
  TalkOpened opened;
  if (host == nullptr) opened.failure = trouble(Layer::connect, Reason::refused);
  if (lost) opened.failure = trouble(Layer::connect, Reason::timeout);
  if (opened.failure) co_return opened;
  opened.timings.connect = kTalkLatency;
  if (how.tls) opened.failure = stalls ? trouble(Layer::tls, Reason::timeout) : host->handshake_failure;
  if (how.tls && !stalls) opened.tls_seen = host->shown;
  if (!opened.failure) opened.talk = std::make_unique<FakeTalk>(*this, *host);
  co_return opened;
}

Task<PacketAnswer> FakeNet::exchange(Packet packet) {
  FakeHost* const host = host_at(packet.address, packet.port);
  PacketAnswer answered;
  if (host != nullptr && host->answers) answered.bytes = host->answers(packet.bytes);
  const bool silent = answered.bytes.empty() && host != nullptr;
  co_await sleep(silent ? packet.timeout : kTalkLatency);
  if (silent) answered.failure = trouble(Layer::dns, Reason::timeout);
  if (host == nullptr)
    answered.failure = trouble(packet.transport == Transport::udp ? Layer::dns : Layer::connect, Reason::refused);
  if (host != nullptr && packet.transport == Transport::tls) answered.tls_seen = host->shown;
  if (host != nullptr && packet.transport == Transport::tls && host->handshake_failure)
    answered.failure = host->handshake_failure;
  answered.request = kTalkLatency;
  co_return answered;
}

Task<Echo> FakeNet::ping(Ping what) {
  const FakeHost* const host = host_at(what.address, 0);
  const bool replies = host != nullptr && host->hop_limit;
  co_await sleep(replies ? kTalkLatency : what.timeout);
  Echo echo;
  if (!replies) {
    echo.failure = trouble(Layer::connect, Reason::timeout);
    co_return echo;
  }
  echo.rtt = kTalkLatency;
  echo.hop_limit = host->hop_limit;
  co_return echo;
}

}  // namespace mw
