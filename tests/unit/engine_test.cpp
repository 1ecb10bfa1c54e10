// The alert state machine: tables of truths over time.
#include "alerts/engine.hpp"

#include <catch2/catch.hpp>

using namespace mw;
using namespace std::chrono_literals;

namespace {

Instant at(Duration since) { return {SteadyTime(since), SysTime(std::chrono::seconds(1'700'000'000)) + since}; }

Rule rule(const char* name, Duration hold) {
  Rule rule;
  rule.name = name;
  rule.when = std::get<Expression>(parse_expression("error_ratio[5m] > 50%"));
  rule.hold = hold;
  rule.notify = {"hook"};
  return rule;
}

Alert alert(Duration hold) {
  Alert fresh;
  fresh.rule = std::make_shared<const Rule>(rule("A", hold));
  return fresh;
}

const Measured kYes{Truth::yes, 1, {}};
const Measured kNo{Truth::no, 0, {}};
const Measured kUnknown{Truth::unknown, 0, {}};

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
  snapshot.pools = {{pool, true, 0}};
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
  REQUIRE(a.phase == Phase::firing);
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
  CHECK(alerts.at({"B", "p", "m"}).muted_by == "A");
}

TEST_CASE("time that nobody saw does not count towards the wait") {
  Alert a = step(alert(5min), kYes, at(0s));
  a = step(a, kYes, at(4min));
  a = step(a, kUnknown, at(5min));
  a = step(a, kYes, at(30min));
  CHECK(a.phase == Phase::pending);
  a = step(a, kYes, at(31min));
  CHECK(a.phase == Phase::firing);
}

TEST_CASE("it resolves only after its condition was over for keep_firing; a relapse starts that anew") {
  Alert a = alert(0s);
  Rule keeping = rule("A", 0s);
  keeping.keep_firing = 5min;
  a.rule = std::make_shared<const Rule>(keeping);
  a = step(a, kYes, at(0s));
  a = step(a, kNo, at(1min));
  a = step(a, kNo, at(5min));
  CHECK(a.phase == Phase::firing);
  a = step(a, kYes, at(5min + 30s));
  a = step(a, kNo, at(6min));
  a = step(a, kUnknown, at(8min));
  a = step(a, kNo, at(10min));
  a = step(a, kNo, at(11min));
  CHECK(a.phase == Phase::firing);  // of five minutes, one was seen
  a = step(a, kNo, at(15min));
  CHECK(a.phase == Phase::inactive);
  CHECK(a.resolved_at == at(15min).wall);
  CHECK(a.episode == 1);
}

TEST_CASE("an episode keeps its beginning, and never ends before it") {
  Alert a = step(alert(0s), kYes, at(0s));
  const SysTime began = a.fired_at;
  a = step(a, kYes, {SteadyTime(1min), at(0s).wall - 24h});
  CHECK(a.fired_at == began);
  a = step(a, kNo, {SteadyTime(2min), at(0s).wall - 24h});
  CHECK(a.resolved_at == began);
}

TEST_CASE("after a restart the wait goes on from where it was, an outage counting for an hour at most") {
  Alert a = alert(2h);
  a.phase = Phase::pending;
  a.last = Truth::yes;
  a.held = 30min;
  a.credit = 24h;
  CHECK(step(a, kUnknown, at(0s)).held == 30min);
  CHECK(step(step(a, kUnknown, at(0s)), kYes, at(1min)).held == 90min);
  CHECK(step(a, kYes, at(0s)).held == 90min);
  CHECK(step(step(a, kYes, at(0s)), kYes, at(30min)).phase == Phase::firing);
  CHECK(step(a, kNo, at(0s)).phase == Phase::inactive);
  a.credit = 10min;
  CHECK(step(a, kYes, at(0s)).held == 40min);
}

TEST_CASE("what ends an alert may be another threshold than what began it") {
  Rule two = rule("A", 0s);
  two.when = std::get<Expression>(parse_expression("sync_lag > 6h"));
  two.clear = std::get<Expression>(parse_expression("sync_lag < 5h"));
  const auto lagging = [&](Duration lag, Duration since) {
    Snapshot snapshot = world(false, at(since).wall);
    MirrorView view = *snapshot.mirrors[0];
    view.lag.known = true;
    view.lag.lower = lag;
    view.verdict.state = State::stale;
    snapshot.mirrors[0] = std::make_shared<const MirrorView>(view);
    return snapshot;
  };
  Alerts alerts = evaluate({}, {two}, lagging(5h + 30min, 0s), at(0s));
  CHECK(alerts.empty());
  alerts = evaluate(alerts, {two}, lagging(6h + 1s, 1min), at(1min));
  CHECK(alerts.at(kKey).phase == Phase::firing);
  alerts = evaluate(alerts, {two}, lagging(5h + 30min, 2min), at(2min));
  CHECK(alerts.at(kKey).phase == Phase::firing);
  alerts = evaluate(alerts, {two}, lagging(4h, 3min), at(3min));
  CHECK(alerts.at(kKey).phase == Phase::inactive);
}

TEST_CASE("a rule is about the narrowest thing that its condition mentions") {
  Rule of_pool = rule("P", 0s);
  of_pool.when = std::get<Expression>(parse_expression("pool_fresh < 1"));
  Rule of_agent = rule("G", 0s);
  of_agent.when = std::get<Expression>(parse_expression("self_fault"));
  Snapshot snapshot = world(true, at(0s).wall);
  MirrorView view = *snapshot.mirrors[0];
  view.verdict.state = State::down;
  snapshot.mirrors[0] = std::make_shared<const MirrorView>(view);
  snapshot.self_fault = true;
  const Alerts alerts = evaluate({}, {of_pool, of_agent}, snapshot, at(0s));
  REQUIRE(alerts.contains({"P", "p", ""}));
  CHECK(alerts.at({"P", "p", ""}).labels ==
        std::map<std::string, std::string>{{"alertname", "P"}, {"severity", "warning"}, {"pool", "p"}});
  REQUIRE(alerts.contains({"G", "", ""}));
}

TEST_CASE("a wider alert mutes a narrower one, which is told again only after a look that ended later") {
  Rule muted = rule("B", 0s);
  muted.inhibited_by = {"G"};
  Rule source = rule("G", 0s);
  source.when = std::get<Expression>(parse_expression("self_fault"));
  const AlertKey key{"B", "p", "m"};
  Snapshot offline = world(true, at(0s).wall);
  offline.self_fault = true;
  Alerts alerts = evaluate({}, {muted, source}, offline, at(0s));
  CHECK(alerts.at(key).muted_by == "G");
  alerts = evaluate(alerts, {muted, source}, world(true, at(0s).wall), at(1min));
  CHECK(alerts.at(key).muted_by.empty());
  CHECK(alerts.at(key).muted());
  alerts = evaluate(alerts, {muted, source}, world(true, at(90s).wall), at(2min));
  CHECK_FALSE(alerts.at(key).muted());
  CHECK(alerts.at(key).phase == Phase::firing);
}

TEST_CASE("what is about a pool is told again after a look at one of its mirrors, no sooner") {
  Rule muted = rule("B", 0s);
  muted.when = std::get<Expression>(parse_expression("pool_fresh < 2"));
  muted.inhibited_by = {"G"};
  Rule source = rule("G", 0s);
  source.when = std::get<Expression>(parse_expression("self_fault"));
  const auto poor = [](bool offline, Duration looked) {
    Snapshot snapshot = world(true, at(looked).wall);
    MirrorView view = *snapshot.mirrors[0];
    view.pool = snapshot.pools[0].pool;
    view.verdict.state = State::down;
    snapshot.mirrors[0] = std::make_shared<const MirrorView>(view);
    snapshot.self_fault = offline;
    return snapshot;
  };
  Alerts alerts = evaluate({}, {muted, source}, poor(true, 0s), at(0s));
  for (const Duration since : {1min, 2min, 3min}) {
    alerts = evaluate(alerts, {muted, source}, poor(false, 0s), at(since));
    CHECK(alerts.at({"B", "p", ""}).muted());
  }
  alerts = evaluate(alerts, {muted, source}, poor(false, 200s), at(4min));
  CHECK_FALSE(alerts.at({"B", "p", ""}).muted());
}

TEST_CASE("a wall clock that goes back does not keep what is muted no more silent until it has caught up") {
  Rule muted = rule("B", 0s);
  muted.inhibited_by = {"G"};
  Rule source = rule("G", 0s);
  source.when = std::get<Expression>(parse_expression("self_fault"));
  Snapshot offline = world(true, at(0s).wall);
  offline.self_fault = true;
  const auto evaluate_at = [&](const Alerts& before, const Snapshot& snapshot, Duration since, Duration jump) {
    return evaluate(before, {muted, source}, snapshot, {SteadyTime(since), at(since).wall + jump});
  };
  Alerts alerts = evaluate_at({}, offline, 0s, 0s);
  alerts = evaluate_at(alerts, world(true, at(0s).wall), 1min, 0s);
  alerts = evaluate_at(alerts, world(true, at(90s).wall - 24h), 2min, -24h);
  alerts = evaluate_at(alerts, world(true, at(150s).wall - 24h), 3min, -24h);
  CHECK_FALSE(alerts.at({"B", "p", "m"}).muted());
}

TEST_CASE("the order of rules and mirrors changes nothing") {
  Rule muted = rule("B", 0s);
  muted.inhibited_by = {"A"};
  const Snapshot snapshot = world(true, at(0s).wall);
  const Alerts one = evaluate({}, {rule("A", 1h), muted}, snapshot, at(0s));
  const Alerts other = evaluate({}, {muted, rule("A", 1h)}, snapshot, at(0s));
  REQUIRE(one.size() == other.size());
  for (const auto& [key, each] : one) {
    CHECK(each.phase == other.at(key).phase);
    CHECK(each.muted_by == other.at(key).muted_by);
  }
}

TEST_CASE("what begins as its mute ends is told like what was never known, for that took a look") {
  Rule muted = rule("B", 0s);
  muted.inhibited_by = {"G"};
  Rule source = rule("G", 0s);
  source.when = std::get<Expression>(parse_expression("self_fault"));
  const AlertKey key{"B", "p", "m"};
  const auto seen = [&](bool failing, bool fault, Duration since) {
    Snapshot snapshot = world(failing, at(since).wall);
    snapshot.self_fault = fault;
    return snapshot;
  };
  Alerts owed = evaluate({}, {muted, source}, seen(true, false, 0s), at(0s));
  owed = evaluate(owed, {muted, source}, seen(false, true, 1min), at(1min));  // over, and kept: somebody is owed that
  REQUIRE(owed.at(key).muted_by == "G");
  Alerts unknown = evaluate({}, {muted, source}, seen(false, true, 1min), at(1min));
  REQUIRE_FALSE(unknown.contains(key));
  for (Alerts* alerts : {&owed, &unknown}) {
    *alerts = evaluate(*alerts, {muted, source}, seen(true, false, 2min), at(2min));
    CHECK(alerts->at(key).phase == Phase::firing);
    CHECK_FALSE(alerts->at(key).muted());
  }
}
