// When the dead man's switch should not hear of us.
#include "alerts/watchdog.hpp"

#include <catch2/catch.hpp>

using namespace mw;
using namespace std::chrono_literals;

TEST_CASE("who makes progress is vouched for; who has made none for twice the time is not") {
  const SteadyTime now(10h);
  const auto silent = [&](const Progress& progress) { return why_silent(progress, now, 1min).value_or(""); };
  const SteadyTime just = now - 2min;
  const SteadyTime long_ago = now - 2min - 1ms;
  CHECK(silent({now, {}, {}, {}}).empty());
  CHECK(silent({just, just, just, just}).empty());
  CHECK(silent({long_ago, {}, {}, {}}) == "the rules are not evaluated");
  CHECK(silent({now, long_ago, {}, {}}) == "checks do not begin");
  CHECK(silent({now, now + 1h, {}, {}}).empty());  // the next one is to begin in an hour
  CHECK(silent({now, {}, long_ago, {}}) == "the state cannot be saved");
  CHECK(silent({now, {}, {}, long_ago}) == "a receiver accepts nothing");
}
