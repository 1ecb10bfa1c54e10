// Telling the dead man's switch that we live, as long as we do.
#include "alerts/watchdog.hpp"
#include "exporter/delivery.hpp"
#include "exporter/warden.hpp"

namespace mw {

namespace {

/// A receiver like any other, but that nothing is ever owed to: what it did not hear it should not.
Receiver outside_service() {
  Receiver receiver;
  receiver.name = "watchdog";
  receiver.kind = "webhook";
  return receiver;
}

Task<std::optional<std::string>> ping(Net& net, Secret url, std::string user_agent) {
  const Receiver receiver = outside_service();
  Outgoing outgoing = Post{std::move(url), {{"Content-Type", "text/plain"}}, "mirrorwarden lives\n"};
  Task<Answered> sending = send(net, receiver, std::move(outgoing), std::move(user_agent));
  const Answered answered = co_await std::move(sending);
  const auto* response = std::get_if<Response>(&answered);
  const Delivery delivery = response == nullptr ? delivery_of(receiver, answered) : judge_status(*response);
  if (delivery.outcome == Acceptance::accepted) co_return std::nullopt;
  co_return delivery.error;
}

void earliest(std::optional<SteadyTime>& of, SteadyTime other) { of = of ? std::min(*of, other) : other; }

}  // namespace

Progress Warden::progress() const {
  Progress now{evaluated_, std::nullopt, save_fails_since_, std::nullopt};
  if (!due_.empty()) earliest(now.overdue, due_.begin()->first);
  for (const SlotKey& key : waiting_)
    if (const auto slot = slots_.find(key); slot != slots_.end()) earliest(now.overdue, slot->second.fell_due);
  for (const auto& [receiver, since] : refuses_since_) earliest(now.delivery_fails, since);
  return now;
}

Task<void> Warden::keep_vouching() {
  while (!stopped_ && !config_->watchdog.url.empty()) {
    const SteadyTime next = net_.now() + config_->watchdog.every;
    co_await net_.sleep(next - net_.now());
    if (stopped_ || config_->watchdog.url.empty()) break;
    Task<void> vouching = vouch();
    co_await std::move(vouching);
  }
  vouching_ = false;
}

Task<void> Warden::vouch() {
  const auto silent = why_silent(progress(), net_.now(), config_->watchdog.every);
  if (silent) {
    events_.vouched(Vouched::withheld, *silent);
    co_return;
  }
  Task<std::optional<std::string>> pinging = ping(net_, config_->watchdog.url, user_agent_);
  const auto trouble = co_await std::move(pinging);
  events_.vouched(trouble ? Vouched::failed : Vouched::sent, trouble.value_or(""));
}

}  // namespace mw
