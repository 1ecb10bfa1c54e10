// Durations: what is read, what is refused, and that writing and reading agree.
#include "probes/duration.hpp"

#include <catch2/catch.hpp>

using namespace mw;
using namespace std::chrono_literals;

TEST_CASE("durations are read") {
  CHECK(parse_duration("90s") == Duration(90s));
  CHECK(parse_duration("1h30m") == Duration(90min));
  CHECK(parse_duration("250ms") == Duration(250ms));
  CHECK(parse_duration("7d") == Duration(168h));
  CHECK(parse_duration("0s") == Duration(0s));
}

TEST_CASE("what is not a duration is refused") {
  for (const auto* text : {"", "5", "5M", "1h30", "-5s", "5s5s", "5s1h", "s", "1.5h", "99999999999d", " 5s", "5 s"})
    CHECK_FALSE(parse_duration(text));
}

TEST_CASE("a duration written is the duration read") {
  for (const Duration d : {Duration(1ms), Duration(90s), Duration(25h), Duration(61min), Duration(0s)})
    CHECK(parse_duration(format_duration(d)) == d);
  CHECK(format_duration(90min) == "1h30m");
  CHECK(format_duration(-5s) == "-5s");
}
