// Orders as JSON: what is read, what is refused and in which words.
#include "exporter/web/orders.hpp"

#include <catch2/catch.hpp>

using namespace mw;
using namespace std::chrono_literals;

namespace {

const SysTime kNow(std::chrono::seconds(1'700'000'000));  // 2023-11-14T22:13:20Z

std::string silence_refused(std::string_view body) {
  const auto read = read_silence(body, kNow);
  const auto* why = std::get_if<std::string>(&read);
  return why == nullptr ? "" : *why;
}

std::string with(const std::string& rest) {
  return R"({"matchers":[{"name":"mirror","value":"a"}],"createdBy":"ann","comment":"disk swap")" + rest + "}";
}

}  // namespace

TEST_CASE("a silence as amtool and Alertmanager's page send it") {
  const auto read = read_silence(
      R"({"matchers":[{"name":"mirror","value":"a.*","isRegex":true,"isEqual":false},{"name":"pool","value":"p"}],
          "startsAt":"2023-11-14T23:00:00.000Z","endsAt":"2023-11-15T07:00:00+08:00","createdBy":"ann","comment":"why"})",
      kNow - 1h);
  REQUIRE(std::holds_alternative<std::string>(read));  // it ends as it begins: 07:00 in Shanghai is 23:00 UTC
  const auto good = read_silence(
      R"({"id":"","matchers":[{"name":"mirror","value":"a.*","isRegex":true,"isEqual":false},{"name":"pool","value":"p"}],
          "startsAt":"2023-11-14T23:00:00.000Z","endsAt":"2023-11-15T08:00:00+08:00","createdBy":"ann","comment":"why"})",
      kNow);
  REQUIRE(std::holds_alternative<Silence>(good));
  const auto& silence = std::get<Silence>(good);
  CHECK(silence.matchers == std::vector<Matcher>{{"mirror", "a.*", true, false}, {"pool", "p", false, true}});
  CHECK(silence.ends_at - silence.starts_at == 1h);
  CHECK(silence.comment == "why");
}

TEST_CASE("a silence from now on, for a while") {
  const auto read = read_silence(with(R"(,"duration":"2h30m")"), kNow);
  REQUIRE(std::holds_alternative<Silence>(read));
  CHECK(std::get<Silence>(read).starts_at == kNow);
  CHECK(std::get<Silence>(read).ends_at == kNow + 150min);
}

TEST_CASE("silences that are refused, and why") {
  CHECK(silence_refused("") == "the body is no JSON object");
  CHECK(silence_refused("[]") == "the body is no JSON object");
  CHECK(silence_refused("{}") == "matchers is no list of matchers");
  CHECK(silence_refused(R"({"matchers":[1]})") == "a matcher is no JSON object");
  CHECK(silence_refused(R"({"matchers":[{"name":1}]})") == "name is no string");
  CHECK(silence_refused(R"({"matchers":[{"name":"a","value":"b","isRegex":1}]})") ==
        "isRegex is neither true nor false");
  CHECK(silence_refused(R"({"matchers":[{"name":"a","value":"(","isRegex":true}]})")
            .starts_with("a matcher is no regular expression"));
  CHECK(silence_refused(with("")) == "neither endsAt nor a duration such as 2h says when it ends");
  CHECK(silence_refused(with(R"(,"duration":"soon")")) == "neither endsAt nor a duration such as 2h says when it ends");
  CHECK(silence_refused(with(R"(,"duration":"1h","endsAt":"2023-11-15T00:00:00Z")"))
            .starts_with("endsAt and duration are both there"));
  CHECK(silence_refused(with(R"(,"endsAt":"tomorrow")")).starts_with("endsAt is no time"));
  CHECK(silence_refused(with(R"(,"endsAt":"2023-11-14T00:00:00Z")")) ==
        "the silence ends before it begins, or in the past");
  CHECK(silence_refused(with(R"(,"duration":"10000d")")) == "the silence is longer than a year");
  CHECK(silence_refused(R"({"matchers":[{"name":"mirror","value":""}],"duration":"1h","createdBy":"a","comment":"b"})")
            .starts_with("the silence would silence everything"));
  CHECK(silence_refused(R"({"matchers":[{"name":"mirror","value":"a"}],"duration":"1h"})")
            .starts_with("the silence says not by whom"));
  CHECK(silence_refused(std::string(60000, '[')) == "the body is no JSON object");
}

TEST_CASE("acknowledgements") {
  const auto good = read_acknowledgement(with(""));
  REQUIRE(std::holds_alternative<AcknowledgeOrder>(good));
  CHECK(std::get<AcknowledgeOrder>(good).by.by == "ann");
  CHECK(std::get<AcknowledgeOrder>(good).by.comment == "disk swap");
  const auto bad = read_acknowledgement(R"({"matchers":[{"name":"a","value":"b"}],"createdBy":"ann"})");
  REQUIRE(std::holds_alternative<std::string>(bad));
  CHECK(std::get<std::string>(bad) == "createdBy or comment is missing");
}

TEST_CASE("the list says what is in force") {
  Silence silence{"s1", {{"mirror", "a\xff", false, true}}, kNow, kNow + 1h, "ann", "why", {}, {}};
  const std::string before = silences_json({{"s1", silence}}, kNow - 1s);
  CHECK(before.find(R"("state": "pending")") != std::string::npos);
  CHECK(silences_json({{"s1", silence}}, kNow).find(R"("state": "active")") != std::string::npos);
  CHECK(silences_json({{"s1", silence}}, kNow + 1h).find(R"("state": "expired")") != std::string::npos);
  CHECK(before.find(R"("endsAt": "2023-11-14T23:13:20.000Z")") != std::string::npos);
  CHECK(silences_json({}, kNow) == "[]\n");
}
