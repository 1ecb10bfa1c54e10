// How long a server asks to be left alone, by table.
#include "probes/formats/retry_after.hpp"

#include <catch2/catch.hpp>

using namespace mw;
using namespace std::chrono_literals;

namespace {

const SysTime kNow(std::chrono::seconds(784'111'777));  // Sun, 06 Nov 1994 08:49:37 GMT
const SysTime kLater(std::chrono::seconds(1'700'000'000));

}  // namespace

TEST_CASE("Retry-After is seconds or a date, within an hour") {
  CHECK(parse_retry_after("120", kNow) == Duration(2min));
  CHECK(parse_retry_after(" 0 ", kNow) == Duration(0s));
  CHECK(parse_retry_after("999999999", kNow) == Duration(1h));
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", kNow) == Duration(1min));
  CHECK(parse_retry_after("Sun, 06 Nov 2044 08:50:37 GMT", kNow) == Duration(1h));
  for (const auto* text : {"", "-5", "soon", "1e9", "Sun, 06 Nov 1994 08:49:37 GMT", "99999999999999999999", "1.5"})
    CHECK_FALSE(parse_retry_after(text, kNow));
}

TEST_CASE("quota headers count only when nothing is left, and say until when") {
  const struct {
    QuotaFields fields;
    std::optional<Duration> wait;
  } table[] = {
      {{"", "", ""}, {}},
      {{"", "1", "60"}, {}},
      {{"", "0", "60"}, 60s},
      {{"", "0;w=21600", "60;w=21600"}, 60s},
      {{"", "0, 100", "7"}, 7s},
      {{"", "0", ""}, {}},
      {{"", "0", "soon"}, {}},
      {{"", "0", "1700000090"}, 90s},
      {{"", "0", "1600000000"}, {}},
      {{"", "0", "9223372036854775807"}, 1h},
      {{"", "0", "100000000"}, 1h},
      {{R"("default";r=0;t=30)", "", ""}, 30s},
      {{R"("default"; r=0 ; t=30)", "", ""}, 30s},
      {{R"("default";r=5;t=30)", "", ""}, {}},
      {{R"("default";r=0)", "", ""}, {}},
      {{R"("a";r=3;t=1, "b";r=0;t=2)", "", ""}, {}},
      {{"limit=10, remaining=0, reset=5", "", ""}, {}},
  };
  for (const auto& [fields, wait] : table) {
    CAPTURE(fields.limit, fields.remaining, fields.reset);
    CHECK(quota_wait(fields, kLater) == wait);
  }
}
