// Lines out of a stream. Nothing said is longer than its cap, nothing takes longer than its deadline.
#include "probes/live_talk.hpp"

#include "probes/live_reason.hpp"
#include "probes/live_stream.hpp"

namespace mw {

namespace {

class LiveTalk final : public Talk {
 public:
  LiveTalk(std::shared_ptr<LiveLoop> loop, std::shared_ptr<TlsContexts> contexts, TalkOpening how)
      : contexts_(std::move(contexts)),
        how_(std::move(how)),
        stream_(std::move(loop), {how_.address, how_.port}, how_.source) {}

  Task<std::optional<Failure>> connect() { return stream_.connect(deadline_after(how_.timeout)); }
  Task<TalkHeard> line(Duration timeout) override;
  Task<TalkHeard> bytes(std::size_t count, Duration timeout) override;
  Task<std::optional<Failure>> say(std::string text, Duration timeout) override {
    return stream_.write(std::move(text), deadline_after(timeout));
  }
  Task<std::optional<Failure>> secure(TlsOptions options, Duration timeout) override;
  std::optional<TlsSeen> tls_seen() const override { return stream_.seen(); }

 private:
  std::shared_ptr<TlsContexts> contexts_;
  TalkOpening how_;
  Stream stream_;
};

TalkHeard failed(Failure failure) {
  TalkHeard heard;
  heard.failure = std::move(failure);
  return heard;
}

/// Takes `length` bytes off the front, and `skip` more.
std::string taken(std::string& buffer, std::size_t length, std::size_t skip) {
  std::string text = buffer.substr(0, length);
  buffer.erase(0, length + skip);
  return text;
}

Task<TalkHeard> LiveTalk::line(Duration timeout) {
  const SteadyTime deadline = deadline_after(timeout);
  std::string& buffer = stream_.buffer();
  std::size_t end = buffer.find('\n');
  while (end == std::string::npos && !stream_.ended()) {
    const std::size_t before = buffer.size();
    if (before > kLongestTalkLine) co_return failed({Layer::http, Reason::header_limit, "a line of more than 64 KiB"});
    auto failure = co_await stream_.read(deadline);
    if (failure) co_return failed(std::move(*failure));
    end = buffer.find('\n', before);
  }
  TalkHeard heard;
  heard.ended = end == std::string::npos && buffer.empty();
  heard.text = end == std::string::npos ? taken(buffer, buffer.size(), 0) : taken(buffer, end, 1);
  if (end != std::string::npos && heard.text.ends_with('\r')) heard.text.pop_back();
  co_return heard;
}

Task<TalkHeard> LiveTalk::bytes(std::size_t count, Duration timeout) {
  const SteadyTime deadline = deadline_after(timeout);
  while (stream_.buffer().size() < count && !stream_.ended()) {
    auto failure = co_await stream_.read(deadline);
    if (failure) co_return failed(std::move(*failure));
  }
  TalkHeard heard;
  heard.ended = stream_.buffer().empty();
  heard.text = taken(stream_.buffer(), std::min(count, stream_.buffer().size()), 0);
  co_return heard;
}

Task<std::optional<Failure>> LiveTalk::secure(TlsOptions options, Duration timeout) {
  const SteadyTime deadline = deadline_after(timeout);
  const auto context = contexts_->get(options);
  if (const auto* failure = std::get_if<Failure>(&context)) co_return *failure;
  auto session =
      std::make_unique<TlsSession>(std::get<TlsContexts::Context>(context), stream_.socket(), how_.terms, how_.host);
  auto failure = co_await stream_.secure(std::move(session), deadline);
  co_return failure;
}

}  // namespace

Task<TalkOpened> live_open(std::shared_ptr<LiveLoop> loop, std::shared_ptr<TlsContexts> contexts, TalkOpening how) {
  TalkOpened opened;
  if (loop->closed()) {
    opened.failure = closed_door(Layer::connect);
    co_return opened;
  }
  const SteadyTime started = std::chrono::steady_clock::now();
  const SteadyTime deadline = deadline_after(how.timeout);
  const std::optional<TlsOptions> tls = how.tls;
  auto talk = std::make_unique<LiveTalk>(loop, std::move(contexts), std::move(how));
  opened.failure = co_await talk->connect();
  const SteadyTime connected = std::chrono::steady_clock::now();
  if (!opened.failure) opened.timings.connect = connected - started;
  if (!opened.failure && tls) {
    opened.failure = co_await talk->secure(*tls, deadline - connected);
    opened.timings.tls = std::chrono::steady_clock::now() - connected;
    opened.tls_seen = talk->tls_seen();
  }
  loop->begin_turn();
  if (!opened.failure) opened.talk = std::move(talk);
  co_return opened;
}

}  // namespace mw
