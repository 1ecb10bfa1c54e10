// A receiver's side of the story, for tests of the outbox: alerts are set by hand, and what is sent is kept as text.
#pragma once

#include <catch2/catch.hpp>

#include "alerts/outbox_records.hpp"

namespace mw::outbox_test {

using namespace std::chrono_literals;

inline const SysTime kWall(std::chrono::seconds(1'700'000'000));
inline Instant at(Duration since) { return {SteadyTime(since), kWall + since}; }

inline Receiver hook() {
  Receiver receiver;
  receiver.name = "hook";
  receiver.kind = "webhook";
  return receiver;
}

inline const Delivery kAccepted{Acceptance::accepted, 200, {}, ""};
inline const Delivery kLater{Acceptance::later, 500, {}, "status 500"};
inline const Delivery kRejected{Acceptance::rejected, 400, {}, "status 400"};

inline std::shared_ptr<const Rule> told_to(std::vector<std::string> receivers) {
  Rule rule;
  rule.notify = std::move(receivers);
  return std::make_shared<const Rule>(std::move(rule));
}

/// One receiver's side of the story; alerts are set by hand.
struct Desk {
  Alerts alerts;
  Ledger ledger;
  Receiver receiver = hook();
  std::vector<std::string> sent;  ///< "1: +A/m" for the first message, which tells of A's firing for m

  void fire(const std::string& rule, const std::string& mirror, Duration since) {
    Alert& alert = alerts[{rule, "p", mirror}];
    alert.rule = told_to({"hook"});
    alert.labels = {{"alertname", rule}, {"pool", "p"}, {"mirror", mirror}};
    alert.phase = Phase::firing;
    alert.last = Truth::yes;
    alert.fired_at = at(since).wall;
    alert.which = std::get<Expression>(parse_expression("failures[3] >= 2")).any_of[0][0];
    alert.value = 3;
    ++alert.episode;
  }
  void resolve(const std::string& rule, const std::string& mirror, Duration since) {
    Alert& alert = alerts.at({rule, "p", mirror});
    alert.phase = Phase::inactive;
    alert.resolved_at = at(since).wall;
  }
  /// One try to tell something. False: nothing was to be told.
  bool tell(Duration since, const Delivery& delivery = kAccepted) {
    const SteadyTime now = at(since).steady;
    const Outlook outlook = look_out(ledger, alerts, receiver);
    ledger = held_back(ledger, alerts, receiver);
    ledger = noted(ledger, outlook, now);
    const auto next = next_step(ledger, outlook, receiver, now);
    if (!next) return false;
    std::string parcel = next->parcel;
    if (parcel.empty()) {
      Message message;
      message.sequence = next_sequence(ledger);
      message.kind = next->batch.kind;
      message.notices.emplace_back();
      ledger = packed(ledger, next->batch, message, now);
      parcel = next->batch.group;
    }
    ledger = attempted(ledger, parcel, receiver, now);
    sent.push_back(text_of(ledger.parcels.at(parcel)));
    ledger = settled(ledger, parcel, delivery, at(since));
    return true;
  }
  static std::string text_of(const Parcel& parcel) {
    std::string text = std::to_string(parcel.message.sequence) + ":";
    if (parcel.message.kind == MessageKind::reminder) text += " reminder";
    for (const Owed& item : parcel.items)
      text += std::string(" ") + (item.firing ? item.news ? "+" : "=" : "-") + item.key.rule + "/" + item.key.mirror;
    return text;
  }
};

using Sent = std::vector<std::string>;

}  // namespace mw::outbox_test
