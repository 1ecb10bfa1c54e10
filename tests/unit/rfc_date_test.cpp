// Dates of Release files and HTTP headers: what is read, to the second, and what is refused.
#include "probes/formats/rfc_date.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

std::optional<long long> epoch(std::string_view text) {
  const auto moment = parse_rfc_date(text);
  if (!moment) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(moment->time_since_epoch()).count();
}

}  // namespace

TEST_CASE("dates are read") {
  const std::pair<const char*, long long> rows[] = {
      {"Sat, 09 Aug 2025 09:05:00 UTC", 1754730300}, {"Sat, 9 Aug 2025 9:05:00 UTC", 1754730300},
      {"9 Aug 2025 09:05:00 +0000", 1754730300},     {"Sat, 09 Aug 2025 09:05:00 GMT", 1754730300},
      {"Sat, 09 Aug 2025 09:05 Z", 1754730300},      {"  Sat,  09 Aug 2025 09:05:00 UTC\t", 1754730300},
      {"Thu, 01 Jan 1970 00:00:00 GMT", 0},          {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199},
      {"Fri, 01 Jan 2100 00:00:00 GMT", 4102444800},
  };
  for (const auto& [text, expected] : rows) {
    INFO(text);
    CHECK(epoch(text) == expected);
  }
}

TEST_CASE("years past what a SysTime holds read as its last whole year") {
  CHECK(epoch("Fri, 31 Dec 9999 23:59:59 UTC") == epoch("31 Dec 2261 23:59:59 UTC"));
  CHECK(epoch("01 Jan 2262 00:00:00 UTC") == epoch("31 Dec 2261 23:59:59 UTC"));
}

TEST_CASE("what is not such a date is refused") {
  const char* const rows[] = {
      "",
      "Sat,",
      "Sat, 09 Aug 25 09:05:00 UTC",
      "Sat, 09 Aug 10000 09:05:00 UTC",
      "Sat, 09 Aug 1969 09:05:00 UTC",
      "Sat, 30 Feb 2025 09:05:00 UTC",
      "Sat, 29 Feb 2025 09:05:00 UTC",
      "Sat, 00 Aug 2025 09:05:00 UTC",
      "Sat, 32 Aug 2025 09:05:00 UTC",
      "Sat, 09 aug 2025 09:05:00 UTC",
      "Sat, 09 August 2025 09:05:00 UTC",
      "Sam, 09 Aug 2025 09:05:00 UTC",
      "Sat, 09 Aug 2025 24:00:00 UTC",
      "Sat, 09 Aug 2025 09:60:00 UTC",
      "Sat, 09 Aug 2025 09:05:60 UTC",
      "Sat, 09 Aug 2025 09:5:00 UTC",
      "Sat, 09 Aug 2025 09:05:00:00 UTC",
      "Sat, 09 Aug 2025 -9:05:00 UTC",
      "Sat, 09 Aug 2025 0905 UTC",
      "Sat, 09 Aug 2025 09:05:00",
      "Sat, 09 Aug 2025 09:05:00 CEST",
      "Sat, 09 Aug 2025 09:05:00 +0200",
      "Sat, 09 Aug 2025 09:05:00 -0000",
      "Sat, 09 Aug 2025 09:05:00 UTC UTC",
      "Saturday, 09-Aug-25 09:05:00 GMT",
      "Sat Aug  9 09:05:00 2025",
      "2025-08-09T09:05:00Z",
      "9999999999999999999 Aug 2025 09:05:00 UTC",
  };
  for (const auto* text : rows) {
    INFO(text);
    CHECK_FALSE(parse_rfc_date(text));
  }
}

TEST_CASE("a NUL byte in a date is refused") {
  using namespace std::string_view_literals;
  CHECK_FALSE(parse_rfc_date("Sat, 09 Aug 2025 09:05:00 UTC\0"sv));
}
