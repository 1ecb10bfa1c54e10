// What a receiver hears of silences and acknowledgements, and after them.
#include "tests/support/outbox_desk.hpp"

using namespace mw;
using namespace mw::outbox_test;
using namespace std::chrono_literals;

TEST_CASE("outbox: what is silenced is told when the silence ends, if it is still so") {
  Desk desk;
  desk.receiver.group_by = {"mirror"};
  desk.receiver.group_wait = 0s;
  desk.receiver.group_interval = 0s;
  desk.fire("A", "told", 0s);
  CHECK(desk.tell(0s));
  desk.fire("A", "brief", 1min);
  desk.fire("A", "long", 1min);
  for (auto& [key, alert] : desk.alerts) alert.silenced_by = "s1";
  desk.resolve("A", "told", 2min);
  desk.resolve("A", "brief", 2min);
  CHECK_FALSE(desk.tell(5h));
  for (auto& [key, alert] : desk.alerts) alert.silenced_by.clear();
  CHECK(desk.tell(6h));
  CHECK(desk.tell(6h));
  CHECK_FALSE(desk.tell(6h));
  CHECK(desk.sent == Sent{"1: +A/told", "2: +A/long", "3: -A/told"});
}

TEST_CASE("outbox: a message under way waits for the silence of all that it is about") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  desk.fire("A", "n", 0s);
  CHECK(desk.tell(0s, kLater));
  desk.alerts.at({"A", "p", "m"}).silenced_by = "s1";
  CHECK(desk.tell(10s, kLater));
  desk.alerts.at({"A", "p", "n"}).silenced_by = "s1";
  CHECK_FALSE(desk.tell(1h));
  desk.alerts.at({"A", "p", "n"}).silenced_by.clear();
  CHECK(desk.tell(2h));
  CHECK(desk.sent == Sent{"1: +A/m +A/n", "1: +A/m +A/n", "1: +A/m +A/n"});
}

TEST_CASE("outbox: of what somebody has seen to there is no reminder, but its end is told") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  desk.alerts.at({"A", "p", "m"}).acknowledged = Acknowledgement{"ann", "on it", kWall};
  CHECK(desk.tell(0s));
  CHECK_FALSE(desk.tell(100h));
  desk.alerts.at({"A", "p", "m"}).acknowledged.reset();
  desk.resolve("A", "m", 101h);
  CHECK(desk.tell(101h));
  CHECK(desk.sent == Sent{"1: +A/m", "2: -A/m"});
}

TEST_CASE("outbox: silences and acknowledgements survive a restart") {
  Owing owing;
  Silence laid{"s1", {{"mirror", "a", false, false}, {"pool", "p", true, true}}, kWall, kWall + 2h, "ann", "why", {},
               {}};
  owing.silences["s1"] = timed(laid, at(0s));
  Desk desk;
  desk.fire("A", "m", 0s);
  desk.alerts.at({"A", "p", "m"}).acknowledged = Acknowledgement{"ann", "on it", kWall};
  owing.alerts = desk.alerts;
  OwingRecords records;
  const auto rows = records.since_last(owing, at(0s));
  CHECK(records.since_last(owing, at(1s)).empty());
  std::size_t passed_over = 0;
  const Instant later{SteadyTime(5s), kWall + 1h};
  const Owing again = restored(rows, later, passed_over);
  CHECK(passed_over == 0);
  REQUIRE(again.silences.contains("s1"));
  CHECK(again.silences.at("s1").matchers == laid.matchers);
  CHECK(again.silences.at("s1").ends == SteadyTime(1h + 5s));
  CHECK(again.alerts.at({"A", "p", "m"}).acknowledged == desk.alerts.at({"A", "p", "m"}).acknowledged);
  owing.silences.clear();
  const auto gone = records.since_last(owing, at(1min));
  REQUIRE_FALSE(gone.empty());
  CHECK(gone.back().kind == "silence");
  CHECK_FALSE(gone.back().value);
}

namespace {

void hush(Desk& desk, const std::string& mirror, const std::string& silence) {
  desk.alerts.at({"A", "p", mirror}).silenced_by = silence;
}

}  // namespace

TEST_CASE("outbox: what was told and still fires when its silence ends is told again, at once and once") {
  Desk desk;
  desk.fire("A", "m", 0s);
  CHECK_FALSE(desk.tell(0s));
  CHECK(desk.tell(30s));
  hush(desk, "m", "s1");
  CHECK_FALSE(desk.tell(1h));
  CHECK_FALSE(desk.tell(5h));  // a reminder would be due
  hush(desk, "m", "");
  CHECK(desk.tell(6h));
  CHECK_FALSE(desk.tell(6h));
  CHECK_FALSE(desk.tell(10h - 1s));
  CHECK(desk.tell(10h));
  CHECK_FALSE(desk.tell(10h));
  CHECK(desk.sent == Sent{"1: +A/m", "2: +A/m", "3: reminder =A/m"});
}

TEST_CASE("outbox: after a short silence the next message of the group is no earlier for it") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  CHECK(desk.tell(0s));
  hush(desk, "m", "s1");
  CHECK_FALSE(desk.tell(1min));
  hush(desk, "m", "");
  CHECK_FALSE(desk.tell(2min));
  CHECK(desk.tell(5min));
  CHECK_FALSE(desk.tell(4h + 5min - 1s));
  CHECK(desk.sent == Sent{"1: +A/m", "2: +A/m"});
}

TEST_CASE("outbox: what began under a silence has waited for its group long enough") {
  Desk desk;
  desk.fire("A", "m", 0s);
  hush(desk, "m", "s1");
  CHECK_FALSE(desk.tell(0s));
  CHECK_FALSE(desk.tell(1h));
  hush(desk, "m", "");
  CHECK(desk.tell(2h));
  CHECK_FALSE(desk.tell(2h));
  desk.fire("A", "n", 3h);
  hush(desk, "n", "s2");
  CHECK_FALSE(desk.tell(3h));
  desk.resolve("A", "n", 4h);  // nobody has heard of it
  hush(desk, "n", "");
  CHECK_FALSE(desk.tell(4h));
  CHECK(desk.sent == Sent{"1: +A/m"});
}

TEST_CASE("outbox: a message that waits for the same silence tells of its end") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.receiver.group_interval = 0s;
  desk.fire("A", "m", 0s);
  CHECK(desk.tell(0s));
  CHECK(desk.tell(4h, kLater));
  hush(desk, "m", "s1");
  CHECK_FALSE(desk.tell(5h));
  hush(desk, "m", "");
  CHECK(desk.tell(6h));
  CHECK_FALSE(desk.tell(7h));
  CHECK(desk.sent == Sent{"1: +A/m", "2: reminder =A/m", "2: reminder =A/m"});
}

TEST_CASE("outbox: what others let slip of it under a silence is not the word that it is over") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.receiver.group_interval = 0s;
  desk.fire("A", "m", 0s);
  desk.fire("A", "n", 0s);
  CHECK(desk.tell(0s, kLater));
  hush(desk, "m", "s1");
  CHECK(desk.tell(1min));
  CHECK_FALSE(desk.tell(2min));
  hush(desk, "m", "");
  CHECK(desk.tell(1h));
  CHECK_FALSE(desk.tell(1h));
  CHECK(desk.sent == Sent{"1: +A/m +A/n", "1: +A/m +A/n", "2: +A/m =A/n"});
}

TEST_CASE("outbox: that something fired under a silence survives a restart after which there is none") {
  Desk desk;
  desk.fire("A", "m", 0s);
  CHECK_FALSE(desk.tell(0s));
  CHECK(desk.tell(30s));
  hush(desk, "m", "s1");
  CHECK_FALSE(desk.tell(1h));
  std::size_t passed_over = 0;
  const auto rows = OwingRecords().since_last({desk.alerts, {{"hook", desk.ledger}}, {}}, at(1h));
  Owing again = restored(rows, at(3h), passed_over);
  CHECK(passed_over == 0);
  desk.alerts = again.alerts;
  desk.ledger = again.outbox.at("hook");
  CHECK(desk.tell(3h));
  CHECK_FALSE(desk.tell(3h));
  CHECK(desk.sent == Sent{"1: +A/m", "2: +A/m"});
}

TEST_CASE("outbox: reminders go on after a mute, counted from what was told before it") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  CHECK(desk.tell(0s));
  desk.alerts.at({"A", "p", "m"}).muted_by = "B";
  CHECK_FALSE(desk.tell(1h));
  desk.alerts.at({"A", "p", "m"}).muted_by.clear();
  CHECK_FALSE(desk.tell(2h));
  CHECK_FALSE(desk.tell(4h - 1s));
  CHECK(desk.tell(4h));
  CHECK(desk.sent == Sent{"1: +A/m", "2: reminder =A/m"});
}

TEST_CASE("outbox: a reminder is counted from the last message that named it, be that the end of another") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  desk.fire("A", "n", 0s);
  CHECK(desk.tell(0s));
  desk.fire("A", "n", 1h);  // again, and nobody was told that it was over
  CHECK(desk.tell(1h));
  hush(desk, "n", "s1");
  CHECK_FALSE(desk.tell(4h));
  CHECK(desk.tell(5h));
  hush(desk, "n", "");
  CHECK_FALSE(desk.tell(5h + 5min - 1s));
  CHECK(desk.tell(5h + 5min));
  CHECK(desk.sent == Sent{"1: +A/m +A/n", "2: =A/m -A/n", "3: reminder =A/m", "4: +A/n =A/m"});
}

TEST_CASE("outbox: after a restart, too, a beginning need not wait for the end that was told before it") {
  Desk desk;
  desk.receiver.group_wait = 0s;
  desk.fire("A", "m", 0s);
  CHECK(desk.tell(0s));
  desk.fire("A", "m", 1h);
  CHECK(desk.tell(1h));
  std::size_t passed_over = 0;
  const auto rows = OwingRecords().since_last({desk.alerts, {{"hook", desk.ledger}}, {}}, at(1h));
  Owing again = restored(rows, at(1h + 1s), passed_over);
  CHECK(passed_over == 0);
  desk.alerts = again.alerts;
  desk.ledger = again.outbox.at("hook");
  CHECK(desk.tell(1h + 1s));
  CHECK_FALSE(desk.tell(1h + 1s));
  CHECK(desk.sent == Sent{"1: +A/m", "2: -A/m", "3: +A/m"});
}
