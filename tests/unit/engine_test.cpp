// The alert state machine and what is owed: tables of truths over time.
#include <catch2/catch.hpp>

#include "alerts/outbox.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

Instant at(Duration since) { return {SteadyTime(since), SysTime(std::chrono::seconds(1'700'000'000)) + since}; }

Rule rule(const char* name, Duration hold) {
  Rule rule;
  rule.name = name;
  rule.when = std::get<Condition>(parse_condition("error_ratio[5m] > 50%"));
  rule.hold = hold;
  rule.notify = {"hook"};
  return rule;
}

Alert alert(Duration hold) {
  Alert fresh;
  fresh.rule = rule("A", hold);
  return fresh;
}

constexpr Measured kYes{Truth::yes, 1};
constexpr Measured kNo{Truth::no, 0};
constexpr Measured kUnknown{Truth::unknown, 0};

Receiver hook() {
  Receiver receiver;
  receiver.name = "hook";
  receiver.kind = "webhook";
  return receiver;
}

/// A snapshot of one mirror whose every run fails, or none.
Snapshot world(bool failing, SysTime now, const char* mirror_name = "m") {
  auto pool = std::make_shared<Pool>();
  pool->name = "p";
  auto mirror = std::make_shared<Mirror>();
  mirror->name = mirror_name;
  auto view = std::make_shared<MirrorView>();
  view->pool = pool;
  view->mirror = mirror;
  view->runs = {{now, CheckKind::http, failing}};
  Snapshot snapshot;
  snapshot.mirrors = {view};
  return snapshot;
}

const AlertKey kKey{"A", "p", "m"};

}  // namespace

TEST_CASE("an alert fires after its condition has held for as long as configured, not before") {
  Alert a = alert(5min);
  a = step(a, kYes, at(0s));
  CHECK(a.phase == Phase::pending);
  a = step(a, kYes, at(5min - 1ns));
  CHECK(a.phase == Phase::pending);
  a = step(a, kYes, at(5min));
  CHECK(a.phase == Phase::firing);
  CHECK(a.episode == 1);
  CHECK(a.active_at == at(0s).wall);
  CHECK(a.fired_at == at(5min).wall);
}

TEST_CASE("with no hold it fires at once") { CHECK(step(alert(0s), kYes, at(0s)).phase == Phase::firing); }

TEST_CASE("a moment of no starts the wait anew") {
  Alert a = step(alert(5min), kYes, at(0s));
  a = step(a, kNo, at(4min));
  CHECK(a.phase == Phase::inactive);
  a = step(a, kYes, at(4min + 1s));
  a = step(a, kYes, at(6min));
  CHECK(a.phase == Phase::pending);
}

TEST_CASE("unknown freezes: it neither fires, resolves nor forgets") {
  Alert a = step(alert(5min), kYes, at(0s));
  CHECK(step(a, kUnknown, at(10min)).phase == Phase::pending);
  a = step(a, kYes, at(5min));
  for (int i = 0; i < 100; ++i) a = step(a, kUnknown, at(6min + i * 1h));
  CHECK(a.phase == Phase::firing);
  CHECK(a.episode == 1);
}

TEST_CASE("a wall clock step neither shortens nor stretches the wait") {
  Alert a = step(alert(5min), kYes, at(0s));
  a = step(a, kYes, {SteadyTime(1min), at(0s).wall + 24h});
  CHECK(a.phase == Phase::pending);
  a = step(a, kYes, {SteadyTime(5min), at(0s).wall - 24h});
  CHECK(a.phase == Phase::firing);
}

TEST_CASE("rules are evaluated per mirror; a mirror or rule that is gone resolves") {
  Alerts alerts = evaluate({}, {rule("A", 0s)}, world(true, at(0s).wall), at(0s));
  REQUIRE(alerts.contains(kKey));
  CHECK(alerts.at(kKey).phase == Phase::firing);
  CHECK(alerts.at(kKey).labels.at("alertname") == "A");
  CHECK(evaluate(alerts, {}, world(true, at(1s).wall), at(1s)).at(kKey).phase == Phase::inactive);
  CHECK(evaluate(alerts, {rule("A", 0s)}, world(true, at(1s).wall, "n"), at(1s)).at(kKey).phase == Phase::inactive);
  CHECK(evaluate(alerts, {rule("A", 0s)}, Snapshot{}, at(1s)).at(kKey).phase == Phase::inactive);
}

TEST_CASE("an inhibited alert is muted while the other is pending or firing") {
  Rule muted = rule("B", 0s);
  muted.inhibited_by = {"A"};
  const Alerts alerts = evaluate({}, {rule("A", 1h), muted}, world(true, at(0s).wall), at(0s));
  CHECK(alerts.at({"B", "p", "m"}).phase == Phase::firing);
  CHECK(alerts.at({"B", "p", "m"}).inhibited);
  CHECK_FALSE(next_owed({}, alerts, hook()));
}

TEST_CASE("a firing is owed once, its all-clear once, and nothing to strangers") {
  Alerts alerts = evaluate({}, {rule("A", 0s)}, world(true, at(0s).wall), at(0s));
  Ledger ledger;
  auto owed = next_owed(ledger, alerts, hook());
  REQUIRE(owed);
  CHECK(owed->firing);
  Receiver stranger = hook();
  stranger.name = "stranger";
  CHECK_FALSE(next_owed(ledger, alerts, stranger));
  ledger = settled(attempted(ledger, *owed), *owed, {Outcome::accepted, 200, {}, ""}, SteadyTime(1s));
  CHECK_FALSE(next_owed(ledger, alerts, hook()));
  alerts = evaluate(alerts, {rule("A", 0s)}, world(false, at(10min).wall), at(10min));
  owed = next_owed(ledger, alerts, hook());
  REQUIRE(owed);
  CHECK_FALSE(owed->firing);
  ledger = settled(attempted(ledger, *owed), *owed, {Outcome::accepted, 200, {}, ""}, SteadyTime(2s));
  CHECK_FALSE(next_owed(ledger, alerts, hook()));
}

TEST_CASE("what ended before it was ever attempted is not news; what was attempted gets its all-clear") {
  Alerts alerts = evaluate({}, {rule("A", 0s)}, world(true, at(0s).wall), at(0s));
  const auto owed = next_owed({}, alerts, hook());
  REQUIRE(owed);
  const Ledger tried = settled(attempted({}, *owed), *owed, {Outcome::later, 0, {}, "refused"}, SteadyTime(1s));
  alerts = evaluate(alerts, {rule("A", 0s)}, world(false, at(10min).wall), at(10min));
  CHECK_FALSE(next_owed({}, alerts, hook()));
  const auto clear = next_owed(tried, alerts, hook());
  REQUIRE(clear);
  CHECK_FALSE(clear->firing);
}

TEST_CASE("retries come later each time and obey Retry-After within an hour") {
  Ledger ledger;
  const Owed owed{kKey, 1, true};
  const Duration waits[] = {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s};
  for (const Duration wait : waits) {
    ledger = settled(ledger, owed, {Outcome::later, 500, {}, "status 500"}, SteadyTime(0s));
    CHECK(ledger.not_before == SteadyTime(wait));
  }
  CHECK(settled(ledger, owed, {Outcome::later, 429, 42s, ""}, SteadyTime(0s)).not_before == SteadyTime(42s));
  CHECK(settled(ledger, owed, {Outcome::later, 429, 24h, ""}, SteadyTime(0s)).not_before == SteadyTime(1h));
  CHECK(settled(ledger, owed, {Outcome::accepted, 200, {}, ""}, SteadyTime(9s)).failures == 0);
}

TEST_CASE("finished alerts are forgotten, owed ones never") {
  Alerts alerts = evaluate({}, {rule("A", 0s)}, world(true, at(0s).wall), at(0s));
  Outbox outbox;
  const auto owed = next_owed(outbox["hook"], alerts, hook());
  outbox["hook"] = settled(attempted({}, *owed), *owed, {Outcome::accepted, 200, {}, ""}, SteadyTime(0s));
  alerts = evaluate(alerts, {rule("A", 0s)}, world(false, at(10min).wall), at(10min));
  forget_finished(alerts, outbox, {hook()});
  REQUIRE(alerts.contains(kKey));
  const auto clear = next_owed(outbox["hook"], alerts, hook());
  outbox["hook"] = settled(outbox["hook"], *clear, {Outcome::accepted, 200, {}, ""}, SteadyTime(0s));
  forget_finished(alerts, outbox, {hook()});
  CHECK(alerts.empty());
  CHECK(outbox["hook"].told.empty());
}
