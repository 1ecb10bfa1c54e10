// Timestamps of JSON documents: what is read, to the nanosecond, and what is refused.
#include "probes/formats/rfc3339.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

std::optional<long long> nanoseconds(std::string_view text) {
  const auto moment = parse_rfc3339(text);
  if (!moment) return std::nullopt;
  return moment->time_since_epoch().count();
}

}  // namespace

TEST_CASE("rfc3339: timestamps are read") {
  const std::pair<const char*, long long> rows[] = {
      {"2024-07-02T08:24:45Z", 1719908685'000'000'000},
      {"2024-07-02t08:24:45z", 1719908685'000'000'000},
      {"2024-07-02T08:24:45.1Z", 1719908685'100'000'000},
      {"2024-07-02T08:24:45.123456Z", 1719908685'123'456'000},
      {"2024-07-02T08:24:45.123456789Z", 1719908685'123'456'789},
      {"2024-07-02T16:24:45+08:00", 1719908685'000'000'000},
      {"2024-07-02T03:24:45.5-05:00", 1719908685'500'000'000},
      {"2024-07-02T08:24:45-00:00", 1719908685'000'000'000},
      {"2024-07-03T08:24:44+23:59", 1719908684'000'000'000 + 60'000'000'000},
      {"2024-02-29T00:00:00Z", 1709164800'000'000'000},
      {"1970-01-01T00:00:00Z", 0},
  };
  for (const auto& [text, expected] : rows) {
    INFO(text);
    CHECK(nanoseconds(text) == expected);
  }
}

TEST_CASE("rfc3339: years past what a SysTime holds read as its last whole year") {
  CHECK(nanoseconds("9999-12-31T23:59:59Z") == nanoseconds("2261-12-31T23:59:59Z"));
  CHECK(nanoseconds("2261-12-31T23:59:59-12:00") == nanoseconds("2261-12-31T23:59:59Z"));
}

TEST_CASE("rfc3339: what is no such timestamp is refused") {
  const char* const rows[] = {
      "",
      "null",
      "2024-07-02",
      "2024-07-02T08:24:45",
      "2024-07-02 08:24:45Z",
      "2024-07-02T08:24Z",
      "2024-07-02T08:24:45Z ",
      " 2024-07-02T08:24:45Z",
      "2024-07-02T08:24:45ZZ",
      "2024-07-02T08:24:45Z+08:00",
      "2024-07-02T08:24:45+0800",
      "2024-07-02T08:24:45+8:00",
      "2024-07-02T08:24:45+24:00",
      "2024-07-02T08:24:45+08:60",
      "2024-07-02T08:24:45 08:00",
      "2024-07-02T08:24:45.Z",
      "2024-07-02T08:24:45.1234567890Z",
      "2024-07-02T08:24:45.-1Z",
      "2024-07-02T08:24:45,5Z",
      "2024-07-02T08:24:60Z",
      "2024-06-30T23:59:60Z",
      "2024-07-02T24:00:00Z",
      "2024-07-02T08:60:00Z",
      "2024-13-02T08:24:45Z",
      "2024-00-02T08:24:45Z",
      "2024-07-00T08:24:45Z",
      "2024-06-31T08:24:45Z",
      "2023-02-29T08:24:45Z",
      "2024-02-30T08:24:45Z",
      "0001-01-01T00:00:00Z",
      "0000-01-01T00:00:00Z",
      "1969-12-31T23:59:59Z",
      "1970-01-01T00:00:00+08:00",
      "-024-07-02T08:24:45Z",
      "+2024-07-02T08:24:45Z",
      "10000-01-01T00:00:00Z",
      "2024/07/02T08:24:45Z",
      "20240702T082445Z",
      "2024-7-2T08:24:45Z",
      "2024-07-02T-8:24:45Z",
  };
  for (const char* row : rows) {
    INFO(row);
    CHECK_FALSE(nanoseconds(row));
  }
  CHECK_FALSE(parse_rfc3339(std::string_view("2024-07-02T08:24:45Z\0", 21)));
  CHECK_FALSE(parse_rfc3339(std::string_view("2024-07-02\0T08:24:45Z", 21)));
}
