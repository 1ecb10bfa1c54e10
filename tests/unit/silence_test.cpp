// Matchers, silences, acknowledgements, maintenance windows.
#include "alerts/silence.hpp"

#include <catch2/catch.hpp>

#include "alerts/maintenance.hpp"
#include "probes/formats/rfc3339.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

const SysTime kWall(std::chrono::seconds(1'700'000'000));
const SteadyTime kSteady(1000h);
const Instant kNow{kSteady, kWall};

Matcher matcher(std::string_view text) {
  const auto parsed = parse_matcher(text);
  INFO(text);
  REQUIRE(std::holds_alternative<Matcher>(parsed));
  return std::get<Matcher>(parsed);
}

std::string refusal(std::string_view text) {
  const auto parsed = parse_matcher(text);
  const auto* why = std::get_if<std::string>(&parsed);
  return why == nullptr ? "" : *why;
}

Silence laid(const std::string& id, std::string_view text, Duration from, Duration to) {
  Silence silence{id, {matcher(text)}, kWall + from, kWall + to, "ann", "disk swap", {}, {}};
  return timed(std::move(silence), kNow);
}

Alerts firing(const std::vector<std::string>& mirrors) {
  Alerts alerts;
  for (const std::string& mirror : mirrors) {
    Alert& alert = alerts[{"MirrorDown", "p", mirror}];
    alert.phase = Phase::firing;
    alert.labels = {{"alertname", "MirrorDown"}, {"pool", "p"}, {"mirror", mirror}};
  }
  return alerts;
}

SysTime time(std::string_view text) { return parse_rfc3339(text).value(); }

Maintenance window(std::string_view schedule, Duration duration, std::string zone = "UTC") {
  const auto parsed = parse_schedule(schedule);
  INFO(schedule);
  REQUIRE(std::holds_alternative<Schedule>(parsed));
  return {"w", {matcher("pool=p")}, std::get<Schedule>(parsed), duration, std::move(zone)};
}

}  // namespace

TEST_CASE("matchers are Alertmanager's four") {
  const std::map<std::string, std::string> labels = {{"mirror", "a.example.org"}, {"pool", "debian"}};
  const auto match = [&](std::string_view text) { return all_match({matcher(text)}, labels); };
  CHECK(match("pool=debian"));
  CHECK(match("pool = \"debian\""));
  CHECK_FALSE(match("pool=deb"));
  CHECK(match("pool!=pypi"));
  CHECK_FALSE(match("pool!=debian"));
  CHECK(match("mirror=~\".*[.]example[.]org\""));
  CHECK_FALSE(match("mirror=~example"));
  CHECK(match("mirror!~b.*"));
  CHECK(match("absent=\"\""));
  CHECK_FALSE(match("absent!=\"\""));
  CHECK(match("absent!=x"));
  CHECK(to_string(matcher("mirror !~ b.*")) == "mirror!~\"b.*\"");
  CHECK_FALSE(all_match({matcher("pool=debian"), matcher("mirror=b")}, labels));
}

TEST_CASE("what is no matcher says so") {
  for (const char* text : {"", "pool", "pool!", "!", "=", "=x", "po ol=x", "9=x", "po\nol=x"}) {
    INFO(text);
    CHECK_FALSE(refusal(text).empty());
  }
  CHECK(refusal("mirror=~\"(\"").starts_with("is no regular expression"));
}

TEST_CASE("a silence keeps quiet what it matches, from its beginning to its end") {
  Silences silences = {{"s1", laid("s1", "mirror=a", 1min, 1h)}};
  const auto by = [&](Duration since) {
    Alerts alerts = firing({"a", "b"});
    silence(alerts, silences, {}, kSteady + since);
    CHECK(alerts.at({"MirrorDown", "p", "b"}).silenced_by.empty());
    return alerts.at({"MirrorDown", "p", "a"}).silenced_by;
  };
  CHECK(by(59s).empty());
  CHECK(by(1min) == "s1");
  CHECK(by(59min + 59s) == "s1");
  CHECK(by(1h).empty());
}

TEST_CASE("of two silences the one that ends last is named, and before both a window") {
  Alerts alerts = firing({"a"});
  const std::vector<Matcher> all = {matcher("pool=p")};
  silence(alerts, {}, {{"maintenance w", &all}}, kSteady);
  CHECK(alerts.begin()->second.silenced_by == "maintenance w");
  const Silences two = {{"s1", laid("s1", "mirror=a", 0s, 2h)}, {"s2", laid("s2", "mirror=~a|b", 0s, 1h)}};
  silence(alerts, two, {{"maintenance w", &all}}, kSteady);
  CHECK(alerts.begin()->second.silenced_by == "s1");
}

TEST_CASE("silences that cannot be meant are refused") {
  const auto trouble = [](std::vector<Matcher> matchers, Duration from, Duration to) {
    return trouble_with(Silence{"", std::move(matchers), kWall + from, kWall + to, "ann", "why", {}, {}}, kWall);
  };
  CHECK_FALSE(trouble({matcher("mirror=a")}, 0s, 1h));
  CHECK(trouble({}, 0s, 1h));
  CHECK(trouble({matcher("mirror=~.*")}, 0s, 1h));
  CHECK_FALSE(trouble({matcher("mirror=~.*"), matcher("pool=p")}, 0s, 1h));
  CHECK(trouble({matcher("mirror=a")}, 1h, 1h));
  CHECK(trouble({matcher("mirror=a")}, -2h, -1h));
  CHECK(trouble({matcher("mirror=a")}, 0s, 400 * 24h));
  CHECK(trouble_with(Silence{"", {matcher("mirror=a")}, kWall, kWall + 1h, "", "why", {}, {}}, kWall));
  CHECK(trouble_with(Silence{"", {matcher("mirror=a")}, kWall, kWall + 1h, "ann", "", {}, {}}, kWall));
}

TEST_CASE("a silence that ended a day ago is forgotten") {
  Silences silences = {{"s1", laid("s1", "mirror=a", 0s, 1h)}};
  forget_ended(silences, kSteady + 24h);
  CHECK(silences.size() == 1);
  forget_ended(silences, kSteady + 25h + 1s);
  CHECK(silences.empty());
}

TEST_CASE("acknowledging is for what fires and matches") {
  Alerts alerts = firing({"a", "b", "c"});
  alerts.at({"MirrorDown", "p", "b"}).phase = Phase::pending;
  CHECK(acknowledge(alerts, {matcher("mirror!=c")}, {"ann", "on it", kWall}) == 1);
  CHECK(alerts.at({"MirrorDown", "p", "a"}).acknowledged->by == "ann");
  CHECK_FALSE(alerts.at({"MirrorDown", "p", "b"}).acknowledged);
  CHECK_FALSE(alerts.at({"MirrorDown", "p", "c"}).acknowledged);
}

TEST_CASE("a window is in force from each beginning on, for as long as it lasts") {
  const Maintenance nightly = window("30 2 * * *", 1h);
  CHECK_FALSE(in_force(nightly, time("2027-03-01T02:29:59Z")));
  CHECK(in_force(nightly, time("2027-03-01T02:30:00Z")));
  CHECK(in_force(nightly, time("2027-03-01T03:29:59Z")));
  CHECK_FALSE(in_force(nightly, time("2027-03-01T03:30:00Z")));
  const Maintenance over_midnight = window("0 23 * * sat", 5h);
  CHECK(in_force(over_midnight, time("2027-03-07T03:59:00Z")));  // a Sunday
  CHECK_FALSE(in_force(over_midnight, time("2027-03-08T03:59:00Z")));
  const Maintenance long_one = window("0 0 1 * *", kLongestMaintenance);
  CHECK(in_force(long_one, time("2027-03-07T23:59:59Z")));
  CHECK_FALSE(in_force(long_one, time("2027-03-08T00:00:00Z")));
}

TEST_CASE("a window's hours are those of its place, also where clocks change") {
  const Maintenance shanghai = window("0 2 * * *", 2h, "Asia/Shanghai");
  CHECK(in_force(shanghai, time("2027-03-01T18:00:00Z")));
  CHECK_FALSE(in_force(shanghai, time("2027-03-01T20:00:00Z")));
  const Maintenance berlin = window("30 2 * * *", 1h, "Europe/Berlin");
  CHECK(in_force(berlin, time("2027-03-27T01:30:00Z")));
  CHECK(in_force(berlin, time("2027-03-28T01:00:00Z")));  // 02:30 does not exist: from the jump on
  CHECK_FALSE(in_force(berlin, time("2027-03-28T00:59:00Z")));
  CHECK(in_force(berlin, time("2027-10-31T00:30:00Z")));  // 02:30 exists twice: the earlier one
  CHECK_FALSE(in_force(berlin, time("2027-10-31T01:30:00Z")));
}

TEST_CASE("schedules as crontab(5) has them") {
  const auto on = [](std::string_view schedule, std::string_view when) {
    return in_force(window(schedule, 1min), time(when));
  };
  CHECK(on("*/15 * * * *", "2027-03-01T07:45:00Z"));
  CHECK_FALSE(on("*/15 * * * *", "2027-03-01T07:46:00Z"));
  CHECK(on("0 8-18/2 * * mon-fri", "2027-03-01T10:00:00Z"));  // a Monday
  CHECK_FALSE(on("0 8-18/2 * * mon-fri", "2027-03-01T11:00:00Z"));
  CHECK_FALSE(on("0 8-18/2 * * mon-fri", "2027-03-06T10:00:00Z"));
  CHECK(on("0 0 * * 7", "2027-03-07T00:00:00Z"));
  CHECK(on("0 0 * * 0", "2027-03-07T00:00:00Z"));
  CHECK(on("0 0 * MAR,dec *", "2027-03-02T00:00:00Z"));
  CHECK_FALSE(on("0 0 * mar,dec *", "2027-04-02T00:00:00Z"));
  CHECK(on("0 0 13 * fri", "2027-03-13T00:00:00Z"));  // either day will do
  CHECK(on("0 0 13 * fri", "2027-03-12T00:00:00Z"));
  CHECK_FALSE(on("0 0 13 * fri", "2027-03-11T00:00:00Z"));
  CHECK(on("59/1 23 29 2 *", "2028-02-29T23:59:00Z"));
  for (const char* bad :
       {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "a * * * *",
        "5-1 * * * *", "*/0 * * * *", ", * * * *", "1, * * * *", "-1 * * * *", "*-3 * * * *", "1-2-3 * * * *"}) {
    INFO(bad);
    CHECK(std::holds_alternative<std::string>(parse_schedule(bad)));
  }
}
