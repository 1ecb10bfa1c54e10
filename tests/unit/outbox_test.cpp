// What is owed to a receiver: groups, their timing, retries, what is forgotten, and how it all survives.
#include "tests/support/outbox_desk.hpp"

using namespace mw;
using namespace mw::outbox_test;
using namespace std::chrono_literals;

TEST_CASE("outbox: a group waits for its first message, and longer for the next") {
  Desk desk;
  desk.fire("A", "m", 0s);
  CHECK_FALSE(desk.tell(0s));
  desk.fire("A", "n", 20s);
  CHECK_FALSE(desk.tell(29s));
  CHECK(desk.tell(30s));
  CHECK_FALSE(desk.tell(31s));
  desk.fire("A", "o", 1min);
  CHECK_FALSE(desk.tell(5min));
  CHECK(desk.tell(5min + 30s));
  CHECK(desk.sent == Sent{"1: +A/m +A/n", "2: +A/o =A/m =A/n"});
}

TEST_CASE("outbox: groups are the receiver's choice; a group that is over begins anew") {
  Desk desk;
  desk.receiver.group_by = {"mirror"};
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  desk.fire("B", "m", 0s);
  desk.fire("A", "n", 0s);
  CHECK(desk.tell(0s));
  CHECK(desk.tell(0s));
  CHECK_FALSE(desk.tell(0s));
  desk.resolve("A", "n", 6min);
  CHECK(desk.tell(6min));
  CHECK_FALSE(desk.tell(6min));
  desk.fire("A", "n", 7min);
  CHECK(desk.tell(7min));  // not after another group_interval
  CHECK(desk.sent == Sent{"1: +A/m +B/m", "2: +A/n", "3: -A/n", "4: +A/n"});
}

TEST_CASE("outbox: what goes on firing is told again after repeat_interval, and only then") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  CHECK(desk.tell(0s));
  CHECK_FALSE(desk.tell(4h - 1s));
  CHECK(desk.tell(4h));
  CHECK_FALSE(desk.tell(8h - 1s));
  CHECK(desk.sent == Sent{"1: +A/m", "2: reminder =A/m"});
}

TEST_CASE("outbox: an all-clear is told once, to those who were told of the alert, and strangers hear nothing") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.receiver.group_interval = 0s;
  desk.fire("A", "m", 0s);
  desk.alerts.begin()->second.rule = told_to({"someone"});
  CHECK_FALSE(desk.tell(0s));
  desk.alerts.begin()->second.rule = told_to({"hook"});
  CHECK(desk.tell(1s));
  desk.alerts.begin()->second.rule = told_to({});  // a reload took the receiver away: the end is owed all the same
  desk.resolve("A", "m", 2s);
  CHECK(desk.tell(2s));
  CHECK_FALSE(desk.tell(3s));
  CHECK(desk.sent == Sent{"1: +A/m", "2: -A/m"});
}

TEST_CASE("outbox: what ended before it was in a message is not news; nor is an all-clear where it is not wanted") {
  Desk desk;
  desk.fire("A", "m", 0s);
  desk.tell(0s);
  desk.resolve("A", "m", 10s);
  CHECK_FALSE(desk.tell(1h));
  Desk other;
  other.receiver.send_resolved = false;
  other.fire("A", "m", 0s);
  other.tell(0s);
  CHECK(other.tell(30s));
  other.resolve("A", "m", 1min);
  CHECK_FALSE(other.tell(1h));
}

TEST_CASE("outbox: what is muted is not heard of, neither its beginning nor its end") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.receiver.group_interval = 0s;
  desk.fire("A", "m", 0s);
  desk.alerts.begin()->second.muted_by = "B";
  CHECK_FALSE(desk.tell(1h));
  desk.alerts.begin()->second.muted_by = "";
  CHECK(desk.tell(1h));
  desk.alerts.begin()->second.muted_by = "B";
  desk.resolve("A", "m", 2h);
  CHECK_FALSE(desk.tell(2h));
  desk.alerts.begin()->second.muted_by = "";
  CHECK(desk.tell(3h));
  CHECK(desk.sent == Sent{"1: +A/m", "2: -A/m"});
}

TEST_CASE("outbox: a message that was not taken stays as it is, and what came later follows in order") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.receiver.group_interval = 0s;
  desk.fire("A", "m", 0s);
  CHECK(desk.tell(0s, kLater));
  desk.resolve("A", "m", 5s);
  desk.fire("A", "m", 10s);
  for (int i = 1; i <= 1000 && desk.ledger.failures < 9; ++i) desk.tell(i * 10s, kLater);
  CHECK(desk.ledger.failures == 9);
  for (int i = 0; i < 10; ++i) desk.tell(24h + i * 1s);
  std::size_t first = 0;
  while (first < desk.sent.size() && desk.sent[first] == "1: +A/m") ++first;
  CHECK(first == 10);
  const Sent rest(desk.sent.begin() + static_cast<std::ptrdiff_t>(first), desk.sent.end());
  CHECK(rest == Sent{"2: -A/m", "3: +A/m"});
}

TEST_CASE("outbox: the next firing does not wait for group_interval when its last all-clear was owed") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  CHECK(desk.tell(0s));
  desk.resolve("A", "m", 1min);
  desk.fire("A", "m", 2min);
  CHECK_FALSE(desk.tell(4min));
  CHECK(desk.tell(5min));
  CHECK(desk.tell(5min));
  CHECK(desk.sent == Sent{"1: +A/m", "2: -A/m", "3: +A/m"});
}

TEST_CASE("outbox: retries come later each time, with jitter, and obey Retry-After within an hour") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  Duration now = 0s;
  const Duration bases[] = {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 150s, 150s};
  for (const Duration base : bases) {
    REQUIRE(desk.tell(now, kLater));
    const Duration wait = desk.ledger.not_before - SteadyTime(now);
    CHECK(wait >= base);
    CHECK(wait <= 2 * base);
    now += wait;
  }
  REQUIRE(desk.tell(now, {Acceptance::later, 429, 10min, "status 429"}));
  CHECK(desk.ledger.not_before == SteadyTime(now + 10min));
  now += 10min;
  REQUIRE(desk.tell(now, {Acceptance::later, 429, 24h, "status 429"}));
  CHECK(desk.ledger.not_before == SteadyTime(now + 1h));
  CHECK_FALSE(desk.tell(now + 1h - 1s));
  REQUIRE(desk.tell(now + 1h));
  CHECK(desk.ledger.failures == 0);
  CHECK(desk.ledger.parcels.empty());
}

TEST_CASE(
    "outbox: wrong credentials are tried seldom, for ever; a message that is rejected three times is a dead letter") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  CHECK(desk.tell(0s, {Acceptance::refused, 403, {}, "status 403"}));
  CHECK_FALSE(desk.tell(59s));
  CHECK(desk.tell(2min, kRejected));
  CHECK(desk.tell(1h, kRejected));
  CHECK(desk.ledger.parcels.empty());
  REQUIRE(desk.ledger.dead.size() == 1);
  CHECK(desk.ledger.dead[0].error == "status 400");
  CHECK_FALSE(desk.tell(2h));
  desk.resolve("A", "m", 3h);
  CHECK(desk.tell(3h));  // it may have been shown all the same
}

TEST_CASE("outbox: one group's message that fails does not hold up the others") {
  Desk desk;
  desk.receiver.group_by = {"mirror"};
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  CHECK(desk.tell(0s, kLater));
  desk.fire("A", "n", 1s);
  bool taken = false;
  for (int i = 1; i < 60 && !taken; ++i) {
    const auto before = desk.sent.size();
    desk.tell(i * 1min, kLater);
    taken = desk.sent.size() > before && desk.sent.back() == "2: +A/n";
  }
  CHECK(taken);
}

TEST_CASE("outbox: more groups than the endpoint takes at once share a message") {
  Desk desk;
  desk.receiver.group_by = {"mirror"};
  desk.receiver.group_wait = 0s;
  const int burst = find_receiver_kind("webhook")->pace.burst;
  for (int i = 0; i < burst + 10; ++i) desk.fire("A", "m" + std::to_string(i), 0s);
  CHECK(desk.tell(0s));
  CHECK_FALSE(desk.tell(0s));
  CHECK(desk.sent.size() == 1);
  CHECK(count_owed(look_out(desk.ledger, desk.alerts, desk.receiver)) == 0);
  for (int i = 0; i < burst - 1; ++i) desk.fire("B", "m" + std::to_string(i), 10min);
  for (int i = 0; i < burst - 1; ++i) CHECK(desk.tell(10min));
  CHECK_FALSE(desk.tell(10min));
}

TEST_CASE("outbox: a digest that was not taken is not replaced by the next one") {
  Desk desk;
  desk.receiver.group_by = {"mirror"};
  desk.receiver.group_wait = 0s;
  const int burst = find_receiver_kind("webhook")->pace.burst;
  for (int i = 0; i <= burst; ++i) desk.fire("A", "m" + std::to_string(i), 0s);
  CHECK(desk.tell(0s, kLater));
  for (int i = 0; i <= burst; ++i) desk.fire("A", "n" + std::to_string(i), 1s);
  bool taken = false;
  for (int i = 1; i < 10; ++i) desk.tell(i * 10min, kLater);
  for (int i = 0; i < 3 * burst; ++i) taken |= desk.tell(2h + i * 1s) && desk.sent.back() == desk.sent.front();
  CHECK(taken);
  CHECK(count_owed(look_out(desk.ledger, desk.alerts, desk.receiver)) == 0);
}

TEST_CASE("outbox: the endpoint's pace is kept") {
  Desk desk;
  desk.receiver.group_by = {"mirror"};
  desk.receiver.group_wait = 0s;
  desk.receiver.group_interval = 0s;
  const Pace& pace = find_receiver_kind("webhook")->pace;
  int told = 0;
  for (int i = 0; i < 10 * pace.burst; ++i) {
    desk.fire("A", "m", 0s);
    told += desk.tell(0s) ? 1 : 0;
    desk.resolve("A", "m", 0s);
    told += desk.tell(0s) ? 1 : 0;
  }
  CHECK(told == pace.burst);
  desk.fire("A", "m", 0s);
  CHECK_FALSE(desk.tell(pace.each - 1ns));
  CHECK(desk.tell(pace.each));
}

TEST_CASE("outbox: what is in an unsettled message is not forgotten, or its next firing would pass for told") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.receiver.group_interval = 0s;
  desk.receiver.send_resolved = false;
  desk.fire("A", "m", 0s);
  CHECK(desk.tell(0s, kLater));
  desk.resolve("A", "m", 1s);
  Outbox outbox{{"hook", desk.ledger}};
  forget_finished(desk.alerts, outbox, {desk.receiver});
  desk.ledger = outbox["hook"];
  desk.fire("A", "m", 2s);
  CHECK(desk.tell(10s));
  CHECK(desk.tell(11s));
  CHECK(desk.sent == Sent{"1: +A/m", "1: +A/m", "2: +A/m"});
}

TEST_CASE("outbox: finished alerts are forgotten, owed ones never") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.receiver.group_interval = 0s;
  desk.fire("A", "m", 0s);
  desk.fire("A", "n", 0s);
  CHECK(desk.tell(0s));
  desk.fire("B", "m", 0s);
  desk.resolve("A", "m", 1s);
  desk.resolve("B", "m", 1s);
  Outbox outbox{{"hook", desk.ledger}};
  forget_finished(desk.alerts, outbox, {desk.receiver});
  CHECK(desk.alerts.contains({"A", "p", "m"}));
  CHECK(desk.alerts.contains({"A", "p", "n"}));
  CHECK_FALSE(desk.alerts.contains({"B", "p", "m"}));
  CHECK(desk.tell(2s));
  outbox["hook"] = desk.ledger;
  forget_finished(desk.alerts, outbox, {desk.receiver});
  CHECK_FALSE(desk.alerts.contains({"A", "p", "m"}));
  CHECK(outbox["hook"].told.size() == 1);
}

TEST_CASE("outbox: ids differ between agents, receivers and messages, also where a number is used again") {
  CHECK(message_id("a", "r", 1, kWall) == message_id("a", "r", 1, kWall));
  CHECK(message_id("a", "r", 1, kWall).size() == 32);
  const std::set<std::string> ids = {message_id("a", "r", 1, kWall), message_id("b", "r", 1, kWall),
                                     message_id("a", "s", 1, kWall), message_id("a", "r", 2, kWall),
                                     message_id("a", "r", 1, kWall + 1s)};
  CHECK(ids.size() == 5);
}

// ---- surviving ----------------------------------------------------------------------------------------------

namespace {

Owing back(const Owing& owing, Instant saved, Instant now) {
  std::size_t passed_over = 0;
  Owing again = restored(OwingRecords().since_last(owing, saved), now, passed_over);
  CHECK(passed_over == 0);
  return again;
}

}  // namespace

TEST_CASE("outbox records: what was owed is owed, what was told is told") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  desk.tell(0s);
  desk.fire("B", "\"镜像\"\n", 1s);
  desk.tell(1s, kLater);
  Owing owing{desk.alerts, {{"hook", desk.ledger}}, {}};
  owing.outbox["hook"].dead = {{"id", kWall, "status 400", "B"}};
  const Owing again = back(owing, at(10s), {SteadyTime(5s), at(40s).wall});
  REQUIRE(again.alerts.size() == 2);
  for (const auto& [key, alert] : owing.alerts) {
    const Alert& kept = again.alerts.at(key);
    CHECK(kept.phase == alert.phase);
    CHECK(kept.episode == alert.episode);
    CHECK(kept.fired_at == alert.fired_at);
    CHECK(kept.labels == alert.labels);
    CHECK(kept.rule->notify == alert.rule->notify);
    CHECK(kept.which == alert.which);
    CHECK(kept.value == alert.value);
  }
  const Ledger& ledger = again.outbox.at("hook");
  CHECK(ledger.told == desk.ledger.told);
  CHECK(ledger.sequence == 2);
  CHECK(ledger.dead.size() == 1);
  REQUIRE(ledger.parcels.size() == 1);
  CHECK(ledger.parcels.begin()->second.items == desk.ledger.parcels.begin()->second.items);
  CHECK(ledger.parcels.begin()->second.message.id == desk.ledger.parcels.begin()->second.message.id);
  const std::string group = "{}:{alertname=\"A\", pool=\"p\"}";
  CHECK(ledger.groups.at(group).flushed == SteadyTime(5s) - 40s);
}

TEST_CASE("outbox records: only what differs is written, time alone does not, and what is gone goes") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  desk.tell(0s, kLater);
  Alert pending;
  pending.phase = Phase::pending;
  pending.last = Truth::yes;
  desk.alerts[{"P", "p", "m"}] = pending;
  Owing owing{desk.alerts, {{"hook", desk.ledger}}, {}};
  OwingRecords records;
  const auto kinds = [&](Instant now) {
    Sent all;
    for (const Record& record : records.since_last(owing, now)) all.push_back((record.value ? "" : "-") + record.kind);
    return all;
  };
  CHECK(kinds(at(0s)) == Sent{"clock", "alert", "alert", "receiver", "told", "parcel", "group"});
  owing.alerts.at({"P", "p", "m"}).held = 30s;
  CHECK(kinds(at(30s)).empty());
  owing.alerts.at({"P", "p", "m"}).held = 60s;
  CHECK(kinds(at(60s)) == Sent{"clock"});
  owing.alerts.at({"P", "p", "m"}).last = Truth::unknown;
  CHECK(kinds(at(60s)) == Sent{"alert"});
  owing.alerts.at({"P", "p", "m"}).labels["site"] = "x";
  CHECK(kinds(at(60s)) == Sent{"alert"});
  owing.alerts.erase({"P", "p", "m"});
  CHECK(kinds(at(60s)) == Sent{"-alert"});
  desk.tell(10s);
  owing.outbox["hook"] = desk.ledger;
  CHECK(kinds(at(60s)) == Sent{"told", "-parcel"});
  owing.outbox.clear();
  CHECK(kinds(at(60s)) == Sent{"receiver", "-told", "-group"});
}

TEST_CASE(
    "outbox records: a wait goes on after a crash as if it had been seen, and a clock that went back adds nothing") {
  Alert pending;
  pending.phase = Phase::pending;
  pending.last = Truth::yes;
  pending.held = 10min;
  Owing owing;
  owing.alerts[{"P", "p", "m"}] = pending;
  const Alert kept = back(owing, at(10min), at(15min)).alerts.begin()->second;
  CHECK(kept.held + kept.credit == 15min);
  const Alert earlier = back(owing, at(10min), {SteadyTime(0s), kWall - 24h}).alerts.begin()->second;
  CHECK(earlier.credit == 0s);
  CHECK(earlier.held <= 10min);
}

TEST_CASE(
    "outbox records: what was saved between two evaluations keeps its beginning, and no outage adds to it twice") {
  Alert pending;
  pending.phase = Phase::pending;
  pending.last = Truth::yes;
  pending.held = 10min;
  pending.evaluated = at(10min).steady;
  Owing owing;
  owing.alerts[{"P", "p", "m"}] = pending;
  OwingRecords records;
  CHECK(records.since_last(owing, at(10min)).size() == 2);
  CHECK(records.since_last(owing, at(10min + 15s)).empty());
  const Alert late = back(owing, at(10min + 50s), at(11min)).alerts.begin()->second;
  CHECK(late.held + late.credit == 11min);
  owing.alerts.begin()->second.held = 0s;
  const Alert young = back(owing, at(10min + 20s), at(10min + 30s)).alerts.begin()->second;
  CHECK(young.held + young.credit == 30s);  // not since the clock's last full minute
}

TEST_CASE("outbox records: what cannot be read is passed over and counted, and the rest is believed") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  desk.tell(0s);
  std::vector<Record> records = OwingRecords().since_last({desk.alerts, {{"hook", desk.ledger}}, {}}, at(0s));
  for (const char* bad : {"", "{", "[]", "{}", "[1,2,3]", "null", "\"x\"", "[[[[[[[["}) {
    for (std::size_t i = 0; i < records.size(); ++i) {
      std::vector<Record> damaged = records;
      damaged[i].value = bad;
      std::size_t passed_over = 0;
      const Owing owing = restored(damaged, at(0s), passed_over);
      CHECK(passed_over <= 1);
      CHECK((passed_over == 1 || damaged[i].kind == "clock"));
    }
  }
}

namespace {

bool adds_up(const Ledger& ledger) {
  const Tally& tally = ledger.tally;
  return tally.made == tally.accepted + tally.buried + tally.dropped + ledger.parcels.size();
}

}  // namespace

TEST_CASE("outbox: every message that was made is accepted, a dead letter, dropped or under way") {
  Desk desk;
  desk.receiver.group_by = {"mirror"};
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  desk.fire("A", "n", 0s);
  desk.fire("A", "o", 0s);
  CHECK(desk.tell(0s));
  CHECK(adds_up(desk.ledger));
  CHECK(desk.tell(0s, kLater));
  CHECK(adds_up(desk.ledger));
  for (int hour = 1; hour <= 3; ++hour) CHECK(desk.tell(std::chrono::hours(hour), kRejected));
  CHECK(adds_up(desk.ledger));
  CHECK(desk.tell(4h, kLater));
  CHECK(desk.ledger.tally.accepted == 1);
  REQUIRE_FALSE(desk.ledger.parcels.empty());

  std::size_t passed_over = 0;
  const auto rows = OwingRecords().since_last({desk.alerts, {{"hook", desk.ledger}}, {}}, at(5h));
  Ledger again = restored(rows, at(6h), passed_over).outbox.at("hook");
  CHECK(again.tally.made == desk.ledger.parcels.size());
  CHECK(adds_up(again));
  again = dropped(again, again.parcels.begin()->first);
  CHECK(again.tally.dropped == 1);
  CHECK(adds_up(again));
  again = dropped(again, "no such parcel");
  CHECK(again.tally.dropped == 1);
}

namespace {

/// When there is something to tell next, should nothing happen; negative = never.
Duration next_of(const Desk& desk, Duration since) {
  const Outlook outlook = look_out(desk.ledger, desk.alerts, desk.receiver);
  const Ledger ledger = noted(desk.ledger, outlook, at(since).steady);
  REQUIRE_FALSE(next_step(ledger, outlook, desk.receiver, at(since).steady));
  const auto next = next_time(ledger, outlook, desk.receiver);
  return next ? next->time_since_epoch() : Duration(-1);
}

}  // namespace

TEST_CASE("outbox: it is known when there will be something to tell") {
  Desk desk;
  CHECK(next_of(desk, 0s) == Duration(-1));
  desk.fire("A", "m", 0s);
  CHECK(next_of(desk, 0s) == 30s);  // group_wait
  CHECK_FALSE(desk.tell(0s));
  CHECK_FALSE(desk.tell(30s - 1ns));
  CHECK(desk.tell(30s, kLater));
  CHECK(next_of(desk, 31s) == desk.ledger.not_before.time_since_epoch());
  CHECK(desk.tell(32s));
  CHECK(next_of(desk, 32s) == 30s + 4h);  // repeat_interval
  desk.fire("A", "n", 1min);
  CHECK(next_of(desk, 1min) == 30s + 5min);  // group_interval
  desk.ledger.tokens_used = 62.5;            // three and a half more than it may have used, one comes each second
  desk.ledger.tokens_at = SteadyTime(10min);
  CHECK(next_of(desk, 10min) == 10min + 3500ms + 1us);
  desk.alerts.at({"A", "p", "m"}).silenced_by = desk.alerts.at({"A", "p", "n"}).silenced_by = "s";
  CHECK(next_of(desk, 11min) == Duration(-1));
}

TEST_CASE("outbox: what had been counted survives a clock that went back before the restart") {
  Alert pending;
  pending.phase = Phase::pending;
  pending.last = Truth::yes;
  pending.evaluated = at(1h).steady;
  pending.held = 50min;
  const Alerts alerts{{{"P", "p", "m"}, pending}};
  const auto rows = OwingRecords().since_last({alerts, {}, {}}, at(1h));
  std::size_t passed_over = 0;
  const Owing again = restored(rows, {SteadyTime(5s), kWall - 24h}, passed_over);
  const Alert& kept = again.alerts.at({"P", "p", "m"});
  CHECK(kept.held > 50min - 1min);  // the clock is written each minute
  CHECK(kept.held <= 50min);
  CHECK(kept.credit == 0s);
}
