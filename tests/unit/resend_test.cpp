// What an endpoint that forgets is told again: rounds, what is in them, what they cost, and what ends them.
#include "alerts/resend.hpp"

#include <catch2/catch.hpp>

#include "alerts/outbox_records.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

const SysTime kWall(std::chrono::seconds(1'700'000'000));
Instant at(Duration since) { return {SteadyTime(since), kWall + since}; }

const Delivery kAccepted{Acceptance::accepted, 200, {}, ""};
const Delivery kDown{Acceptance::later, 0, {}, "connect/refused"};
const Delivery kRejected{Acceptance::rejected, 400, {}, "status 400"};

Receiver alertmanager(const std::string& urls = "http://am.example.org:9093") {
  Receiver receiver;
  receiver.name = "am";
  receiver.kind = "alertmanager";
  receiver.secrets["url"] = Secret(urls);
  return receiver;
}

using Sent = std::vector<std::string>;

/// One endpoint's side of the story; alerts are set by hand.
struct Desk {
  Alerts alerts;
  Ledger ledger;
  Round round;
  Receiver receiver = endpoints_of(alertmanager()).at(0);

  Alert& fire(const std::string& mirror, Duration since) {
    Alert& alert = alerts[{"A", "p", mirror}];
    Rule rule;
    rule.notify = {"am"};
    alert.rule = std::make_shared<const Rule>(rule);
    alert.phase = Phase::firing;
    alert.last = Truth::yes;
    alert.fired_at = at(since).wall;
    ++alert.episode;
    return alert;
  }
  void resolve(const std::string& mirror, Duration since) {
    Alert& alert = alerts.at({"A", "p", mirror});
    alert.phase = Phase::inactive;
    alert.resolved_at = at(since).wall;
  }
  static std::string text_of(const std::vector<Owed>& items) {
    std::string text;
    for (const Owed& item : items)
      text += (text.empty() ? "" : " ") +
              std::string(item.firing ? item.news ? "+" : "="
                          : item.news ? "-"
                                      : "~") +
              item.key.mirror;
    return text;
  }
  /// All news there is, each message answered alike.
  Sent tell(Duration since, const Delivery& delivery = kAccepted) {
    Sent sent;
    for (int i = 0; i < 100; ++i) {
      const SteadyTime now = at(since).steady;
      const Outlook outlook = look_out(ledger, alerts, receiver);
      ledger = noted(ledger, outlook, now);
      const auto next = next_step(ledger, outlook, receiver, now);
      if (!next) break;
      REQUIRE(next->parcel.empty());
      Message message;
      message.sequence = next_sequence(ledger);
      message.notices.emplace_back();
      ledger = attempted(packed(ledger, next->batch, message, now), next->batch.group, receiver, now);
      sent.push_back(text_of(next->batch.items));
      ledger = settled(ledger, next->batch.group, delivery, at(since));
    }
    return sent;
  }
  /// A round if it is time, each message answered alike.
  Sent tell_again(Duration since, const Delivery& delivery = kAccepted) {
    let_go(ledger, at(since).wall);
    round = continued(round, receiver, at(since).steady);
    Sent sent;
    while (round.under_way && sent.size() < 100) {
      const Batch batch = next_resend(round, ledger, alerts, receiver);
      if (!batch.items.empty()) sent.push_back(text_of(batch.items));
      ledger = heard_from(ledger, delivery, at(since).steady);
      round = advanced(round, batch, delivery);
    }
    return sent;
  }
  void forget() {
    Outbox outbox{{"am", ledger}};
    forget_finished(alerts, outbox, {receiver});
    ledger = outbox.at("am");
  }
};

}  // namespace

TEST_CASE("resend: what was accepted is told again every minute while it fires") {
  Desk desk;
  desk.fire("m", 0s);
  desk.fire("n", 0s);
  CHECK(desk.tell_again(0s).empty());
  CHECK(desk.tell(0s) == Sent{"+m +n"});
  CHECK(desk.tell_again(59s).empty());
  CHECK(desk.tell_again(60s) == Sent{"=m =n"});
  CHECK(desk.tell_again(119s).empty());
  CHECK(desk.tell_again(2min) == Sent{"=m =n"});
  CHECK(desk.tell(24h).empty());  // there are no reminders besides
}

TEST_CASE("resend: it keeps the episode's times, and what was not accepted is news, not this") {
  Desk desk;
  desk.fire("m", 5s);
  CHECK(desk.tell(5s, kDown) == Sent{"+m"});
  CHECK(desk.tell_again(1min).empty());
  desk.ledger.parcels.clear();
  desk.tell(10min);
  desk.round = continued(desk.round, desk.receiver, at(20min).steady);
  const Batch batch = next_resend(desk.round, desk.ledger, desk.alerts, desk.receiver);
  REQUIRE(batch.items.size() == 1);
  CHECK(batch.items[0].starts_at == at(5s).wall);
  CHECK(batch.kind == MessageKind::reminder);
}

TEST_CASE(
    "resend: an all-clear is told again for fifteen minutes after the end, through a restart, and then forgotten") {
  Desk desk;
  desk.fire("m", 0s);
  desk.tell(0s);
  desk.resolve("m", 100s);
  CHECK(desk.tell(101s) == Sent{"-m"});
  desk.forget();
  CHECK(desk.tell_again(2min) == Sent{"~m"});
  const auto records = OwingRecords().since_last({desk.alerts, {{"am", desk.ledger}}, {}}, at(2min));
  std::size_t passed_over = 0;
  Owing again = restored(records, at(3min), passed_over);
  CHECK(passed_over == 0);
  desk.alerts = again.alerts;
  desk.ledger = again.outbox.at("am");
  desk.round = {};
  desk.round = continued(desk.round, desk.receiver, at(3min).steady);
  const Batch batch = next_resend(desk.round, desk.ledger, desk.alerts, desk.receiver);
  REQUIRE(batch.items.size() == 1);
  CHECK(batch.items[0].starts_at == at(0s).wall);
  CHECK(batch.items[0].ends_at == at(100s).wall);
  desk.round.under_way = false;
  CHECK(desk.tell_again(100s + 15min - 1s) == Sent{"~m"});
  desk.forget();
  CHECK(desk.alerts.size() == 1);
  CHECK(desk.tell_again(100s + 16min).empty());
  desk.forget();
  CHECK(desk.alerts.empty());
  CHECK(desk.ledger.told.empty());
}

TEST_CASE("resend: an all-clear that was late is told at once, and one that is no longer true not again") {
  Desk desk;
  desk.fire("m", 0s);
  desk.tell(0s);
  desk.resolve("m", 10s);
  desk.tell(10s);
  desk.fire("m", 20s);
  CHECK(desk.tell_again(1min).empty());  // the next episode is not accepted yet, and the last one's end not true
  CHECK(desk.tell(1min) == Sent{"+m"});
  CHECK(desk.tell_again(2min) == Sent{"=m"});
  desk.resolve("m", 3min);
  CHECK(desk.tell(2h) == Sent{"-m"});
  CHECK(desk.tell_again(2h).empty());
}

TEST_CASE("resend: two thousand go in messages of the kind's size, each once, and what ends meanwhile is left out") {
  Desk desk;
  for (int i = 0; i < 2'000; ++i) desk.fire("m" + std::to_string(10'000 + i), 0s);
  const std::size_t most = find_receiver_kind("alertmanager")->most_notices;
  const Sent news = desk.tell(0s);
  CHECK(news.size() == 2'000 / most);
  desk.round = continued(desk.round, desk.receiver, at(1min).steady);
  std::set<AlertKey> told;
  for (int i = 0; i < 100 && desk.round.under_way; ++i) {
    const Batch batch = next_resend(desk.round, desk.ledger, desk.alerts, desk.receiver);
    CHECK(batch.items.size() <= most);
    for (const Owed& item : batch.items) CHECK(told.insert(item.key).second);
    if (i == 0) desk.resolve("m11999", 1min);
    desk.round = advanced(desk.round, batch, kAccepted);
  }
  CHECK(told.size() == 1'999);
  CHECK_FALSE(told.contains({"A", "p", "m11999"}));
}

TEST_CASE("resend: a round that fails ends, leaves nothing behind, and writes nothing; nor does one that works") {
  Desk desk;
  for (int i = 0; i < 1'000; ++i) desk.fire("m" + std::to_string(i), 0s);
  desk.tell(0s);
  OwingRecords records;
  const auto written = [&](Duration since) {
    std::size_t rows = 0;
    for (const Record& record : records.since_last({desk.alerts, {{"am", desk.ledger}}, {}}, at(since)))
      rows += record.kind == "clock" ? 0 : 1;
    return rows;
  };
  CHECK(written(0s) > 2'000);
  const Ledger before = desk.ledger;
  for (int minute = 1; minute <= 20; ++minute) {
    CHECK(desk.tell_again(minute * 1min, minute % 2 == 0 ? kDown : kAccepted).size() == (minute % 2 == 0 ? 1 : 5));
    CHECK(written(minute * 1min) == 0);
  }
  CHECK(desk.ledger.told == before.told);
  CHECK(desk.ledger.parcels.empty());
  CHECK(desk.ledger.groups.size() == before.groups.size());
  CHECK(desk.ledger.sequence == before.sequence);
  CHECK(desk.ledger.last_error == "connect/refused");
}

TEST_CASE("resend: a message that is rejected does not hold up the others") {
  Desk desk;
  for (int i = 0; i < 1'000; ++i) desk.fire("m" + std::to_string(i), 0s);
  desk.tell(0s);
  CHECK(desk.tell_again(1min, kRejected).size() == 5);
}

TEST_CASE("resend: what is muted since goes on, what the rule no longer tells does not") {
  Desk desk;
  desk.fire("m", 0s);
  desk.fire("n", 0s);
  desk.tell(0s);
  desk.alerts.at({"A", "p", "m"}).muted_by = "B";
  desk.alerts.at({"A", "p", "n"}).rule = no_rule();
  CHECK(desk.tell_again(1min) == Sent{"=m"});
}

TEST_CASE("resend: an endpoint that is back hears the news at once") {
  Desk desk;
  desk.ledger.failures = 7;
  desk.ledger.not_before = at(1h).steady;
  CHECK(heard_from(desk.ledger, kDown, at(1min).steady).not_before == at(1h).steady);
  const Ledger back = heard_from(desk.ledger, kAccepted, at(1min).steady);
  CHECK(back.not_before == at(1min).steady);
  CHECK(back.failures == 0);
}

TEST_CASE("resend: news for who forgets goes at once and alone, the rest of much of it in the next message") {
  Desk desk;
  desk.fire("a", 0s);
  CHECK(desk.tell(0s) == Sent{"+a"});
  desk.fire("b", 1s);
  CHECK(desk.tell(1s) == Sent{"+b"});
  desk.resolve("a", 2s);
  desk.fire("c", 2s);
  CHECK(desk.tell(2s) == Sent{"+c -a"});
  for (int i = 0; i < 500; ++i) desk.fire("m" + std::to_string(i), 3s);
  CHECK(desk.tell(3s).size() == 3);
  CHECK(count_owed(look_out(desk.ledger, desk.alerts, desk.receiver)) == 0);
}

TEST_CASE("endpoints: a receiver of several is one for each, in their order") {
  const auto several = endpoints_of(alertmanager("http://a.example.org http://b.example.org/x"));
  REQUIRE(several.size() == 2);
  CHECK(several[0].name == "am/1");
  CHECK(several[0].secret("url").reveal() == "http://a.example.org");
  CHECK(several[1].name == "am/2");
  CHECK(several[1].secret("url").reveal() == "http://b.example.org/x");
  CHECK(endpoints_of(alertmanager()).at(0).name == "am");
  Receiver hook;
  hook.name = "hook";
  hook.kind = "webhook";
  hook.secrets["url"] = Secret("http://a.example.org/ b");
  CHECK(endpoints_of(hook) == std::vector<Receiver>{hook});
}
