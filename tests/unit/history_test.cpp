// The lag algorithm: lag is the time since the served version was superseded, and nothing else.
#include "probes/history.hpp"

#include <catch2/catch.hpp>

using namespace mw;
using namespace std::chrono_literals;

namespace {

SysTime at(Duration since) { return SysTime(std::chrono::seconds(1'700'000'000)) + since; }
Version bare(const char* id) { return {id, {}, {}}; }
Version ordered(const char* id, std::int64_t order) { return {id, order, {}}; }

}  // namespace

TEST_CASE("an upstream silent for seven days does not make an equal mirror stale") {
  History history = observe({}, bare("a"), at(0s));
  history = observe(history, bare("a"), at(168h));
  const Lag lag = lag_of(history, bare("a"), at(168h));
  CHECK(lag.known);
  CHECK(lag.lower == 0s);
}

TEST_CASE("lag grows from the change, not from the age of the content") {
  History history = observe({}, bare("a"), at(0s));
  history = observe(history, bare("a"), at(168h));
  history = observe(history, bare("b"), at(169h));
  const Lag lag = lag_of(history, bare("a"), at(170h));
  CHECK(lag.lower == 1h);
  CHECK(lag.upper == Duration(2h));
}

TEST_CASE("a version between two sightings is bracketed by order") {
  History history = observe({}, ordered("a", 1), at(0s));
  history = observe(history, ordered("c", 3), at(10h));
  const Lag lag = lag_of(history, ordered("b", 2), at(12h));
  REQUIRE(lag.known);
  CHECK(lag.lower == 2h);
  CHECK(lag.upper == Duration(12h));
}

TEST_CASE("older than everything seen is at least as long as we have looked") {
  const History history = observe({}, ordered("c", 3), at(1h));
  const Lag lag = lag_of(history, ordered("a", 1), at(3h));
  REQUIRE(lag.known);
  CHECK(lag.lower == 2h);
  CHECK_FALSE(lag.upper);
}

TEST_CASE("a mirror may be ahead of what we saw upstream") {
  const History history = observe({}, ordered("a", 1), at(0s));
  const Lag lag = lag_of(history, ordered("b", 2), at(1h));
  CHECK(lag.known);
  CHECK(lag.ahead);
  CHECK(lag.lower == 0s);
}

TEST_CASE("what cannot be placed is unknown, never a guess") {
  const History history = observe({}, bare("a"), at(0s));
  CHECK_FALSE(lag_of(history, bare("z"), at(1h)).known);
  CHECK(lag_of(history, bare("z"), at(1h)).why == Reason::version_unknown);
  CHECK(lag_of({}, bare("a"), at(1h)).why == Reason::reference_down);
  CHECK(lag_of(history, std::nullopt, at(1h)).why == Reason::not_checked_yet);
  const History dated = observe({}, ordered("a", 1), at(0s));
  CHECK(lag_of(dated, ordered("forged", 1), at(1h)).why == Reason::version_unknown);
}

TEST_CASE("an upstream that goes back is an event and blames no mirror") {
  History history = observe({}, ordered("a", 1), at(0s));
  history = observe(history, ordered("b", 2), at(1h));
  history = observe(history, ordered("a", 1), at(2h));
  CHECK(history.regressions == 1);
  CHECK(lag_of(history, ordered("a", 1), at(3h)).lower == 0s);
  CHECK(lag_of(history, ordered("b", 2), at(3h)).ahead);
}

TEST_CASE("a version that was taken back is superseded by what is new after it, ordered or not") {
  for (const bool has_order : {true, false}) {
    const auto version = [&](const char* id, int order) { return has_order ? ordered(id, order) : bare(id); };
    History history;
    const Version story[] = {version("a", 1), version("b", 2), version("c", 3), version("b", 2), version("a", 1)};
    for (int i = 0; i < 5; ++i) history = observe(std::move(history), story[i], at(std::chrono::hours(i)));
    CHECK(lag_of(history, version("c", 3), at(9h)).ahead);
    history = observe(std::move(history), version("d", 2), at(10h));
    for (const char* id : {"a", "b", "c"}) {
      const Lag lag = lag_of(history, version(id, 3), at(12h));
      CHECK(lag.lower == 2h);
      CHECK(lag.upper == Duration(8h));
      CHECK_FALSE(lag.ahead);
    }
    history = observe(std::move(history), version("c", 3), at(13h));
    CHECK(lag_of(history, version("c", 3), at(14h)).lower == 0s);
    CHECK(lag_of(history, version("d", 2), at(14h)).lower == 1h);
  }
}

TEST_CASE("history is bounded") {
  History history;
  for (int i = 0; i < 2000; ++i)
    history = observe(std::move(history), bare(std::to_string(i).c_str()), at(std::chrono::seconds(i)));
  CHECK(history.seen.size() == kHistoryLimit);
}
