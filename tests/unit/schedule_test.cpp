// Due times: deterministic, evenly spread, and never moved by a restart.
#include "probes/schedule.hpp"

#include <catch2/catch.hpp>

using namespace mw;
using namespace std::chrono_literals;

TEST_CASE("the next due time is the first on the grid after now") {
  const SteadyTime origin{};
  CHECK(next_due(origin + 10s, origin, 30s, 5s) == origin + 35s);
  CHECK(next_due(origin + 35s, origin, 30s, 5s) == origin + 65s);
  CHECK(next_due(origin, origin, 30s, 5s) == origin + 5s);
  CHECK(next_due(origin - 1h, origin, 30s, 5s) == origin - 1h + 5s);
}

TEST_CASE("a restart finds the same grid") {
  const SysTime wall(std::chrono::seconds(1'700'000'007));
  const SteadyTime first(100s), second(4h);
  const Duration apart = 17min;
  const SteadyTime a = next_due(first, origin_of(first, wall), 30s, 11s);
  const SteadyTime b = next_due(second, origin_of(second, wall + apart), 30s, 11s);
  CHECK(((a - first) - (b - second) - apart) % Duration(30s) == Duration::zero());
}

TEST_CASE("phases spread evenly") {
  std::vector<int> buckets(10);
  for (int i = 0; i < 10'000; ++i)
    ++buckets[static_cast<std::size_t>(phase_of("pool/mirror-" + std::to_string(i) + "/http", 30s) / Duration(3s))];
  for (const int count : buckets) {
    CHECK(count > 800);
    CHECK(count < 1200);
  }
  CHECK(phase_of("a", 30s) == phase_of("a", 30s));
}

TEST_CASE("caps count per host and in total") {
  Caps caps(3, 2);
  caps.take("a");
  caps.take("a");
  CHECK_FALSE(caps.free("a"));
  CHECK(caps.free("b"));
  caps.take("b");
  CHECK_FALSE(caps.any_free());
  CHECK_FALSE(caps.free("c"));
  caps.give("a");
  CHECK(caps.free("a"));
  CHECK(caps.running() == 2);
}
