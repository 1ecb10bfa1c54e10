// Controls: hosts that are hardly ever down. They are asked only when most mirrors cannot be reached, to tell our own
// outage from theirs; one that accepts a connection clears our network.
#include "exporter/warden.hpp"

namespace mw {

namespace {

constexpr Duration kPatience = std::chrono::seconds(3);

Task<bool> accepts(Net& net, Url url) {
  Question question{url.host, {}, kPatience};
  const Answer answer = co_await net.resolve(std::move(question));
  for (const Address& address : answer.addresses) {
    Dial dial;
    dial.address = address;
    dial.port = url.port;
    dial.timeout = kPatience;
    const Link link = co_await net.dial(std::move(dial));
    if (!link.failure) co_return true;
  }
  co_return false;
}

}  // namespace

void Warden::doubt_ourselves() {
  const auto& controls = config_->agent.controls;
  if (stopped_ || asking_controls_ || controls.empty() || !store_.suspects_self_fault()) return;
  if (controls_asked_ && net_.now() - *controls_asked_ < Store::kControlsHold / 2) return;
  asking_controls_ = true;
  controls_asked_ = net_.now();
  spawn(ask_controls(controls), "asking the controls");
}

Task<void> Warden::ask_controls(std::vector<Url> controls) {
  bool answered = false;
  for (const Url& url : controls) {
    answered = co_await accepts(net_, url);
    if (answered) break;
  }
  asking_controls_ = false;
  if (!answered) co_return;
  store_.controls_answered(net_.wall());
  judge_all();
  publish();
}

}  // namespace mw
