// The date forms of marker files: what is read, to the second, and what is refused.
#include "probes/formats/dates.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

using Parser = std::optional<SysTime> (*)(std::string_view);

constexpr long long kMoment = 1719908685;  // 2024-07-02 08:24:45 UTC

std::optional<long long> epoch(Parser parse, std::string_view text) {
  const auto moment = parse(text);
  if (!moment) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*moment).time_since_epoch().count();
}

void all_read(Parser parse, std::initializer_list<std::pair<std::string_view, long long>> rows) {
  for (const auto& [text, expected] : rows) {
    INFO(text);
    CHECK(epoch(parse, text) == expected);
  }
}

void none_read(Parser parse, std::initializer_list<std::string_view> rows) {
  for (const std::string_view text : rows) {
    INFO(text);
    CHECK_FALSE(epoch(parse, text));
  }
}

}  // namespace

TEST_CASE("dates: headers of HTTP and mail") {
  all_read(parse_header_date, {{"Tue, 02 Jul 2024 08:24:45 GMT", kMoment},
                               {"Tue, 02 Jul 2024 08:24:45 UTC", kMoment},
                               {"Tue, 02 Jul 2024 08:24:45 +0000", kMoment},
                               {"Tue, 02 Jul 2024 08:24:45 -0000", kMoment},
                               {"Tue, 02 Jul 2024 16:24:45 +0800", kMoment},
                               {"Tue,  2 Jul 2024 03:54:45 -0430", kMoment},
                               {"2 Jul 2024 08:24:45 Z", kMoment},
                               {"Tuesday, 02-Jul-24 08:24:45 GMT", kMoment},
                               {"Friday, 31-Dec-99 23:59:59 GMT", 946684799},
                               {"Thursday, 01-Jan-70 00:00:00 GMT", 0},
                               {"Sunday, 01-Jan-69 00:00:00 GMT", 3124224000},
                               {"Tue Jul  2 08:24:45 2024", kMoment},
                               {"Thu Jan  1 00:00:00 1970", 0}});
  none_read(parse_header_date, {"",
                                "Tue, 02 Jul 24 08:24:45 GMT",
                                "Tue, 02 Jul 2024 08:24:45",
                                "Tue, 02 Jul 2024 08:24:45 CST",
                                "Tue, 02 Jul 2024 08:24:45 +8000",
                                "Tue, 02 Jul 2024 08:24:45 +08:00",
                                "Tue, 02 Jul 2024 08:24:45 UTC +0800",
                                "Tue, 30 Feb 2024 08:24:45 +0800",
                                "Thu, 01 Jan 1970 00:00:00 +0100",
                                "+0800",
                                "Tue, 02-Jul-24 08:24:45 GMT",
                                "Tuesday, 2-Jul-24 08:24:45 GMT",
                                "Tuesday, 02-Jul-2024 08:24:45 GMT",
                                "Tuesday, 30-Feb-24 08:24:45 GMT",
                                "Tuesday, 02-Jul-24 08:24:45 +0000",
                                "Tuesday, 02-Jul-24 8:24:45 GMT",
                                "Tuesday 02-Jul-24 08:24:45 GMT",
                                "Tues, 02-Jul-24 08:24:45 GMT",
                                "Tuesday, 02-Jul-24 08:24:45 GMT x",
                                "Tue, Jul  2 08:24:45 2024",
                                "Tue Jul  2 08:24:45 24",
                                "Tue Jul  2 08:24:45 2024 x",
                                "Tue Jul 32 08:24:45 2024"});
}

TEST_CASE("dates: date -u") {
  all_read(parse_posix_date, {{"Tue Jul  2 08:24:45 UTC 2024", kMoment},
                              {"Tue Jul 2 08:24:45 GMT 2024", kMoment},
                              {"Tue Jul 02 08:24:45 UTC 2024", kMoment},
                              {"Sun Dec 31 23:59:59 UTC 2023", 1704067199},
                              {"Thu Feb 29 00:00:00 UTC 2024", 1709164800},
                              {"Fri Dec 31 00:00:00 UTC 9999", 9214646399}});
  none_read(parse_posix_date, {"",
                               "Tue",
                               "Tue Jul  2 08:24:45 2024",
                               "Tue Jul  2 08:24:45 CEST 2024",
                               "Tue Jul  2 08:24:45 +08 2024",
                               "Tue Jul  2 08:24:45 AM UTC 2024",
                               "Di Jul  2 08:24:45 UTC 2024",
                               "T Jul  2 08:24:45 UTC 2024",
                               "Tue, Jul  2 08:24:45 UTC 2024",
                               "Tue Jul  2 08:24 UTC 2024",
                               "Tue Jul  2 8:24:45 UTC 2024",
                               "Tue Jul  0 08:24:45 UTC 2024",
                               "Tue Feb 30 08:24:45 UTC 2024",
                               "Tue Jul  2 08:24:60 UTC 2024",
                               "Tue Jul  2 08:24:45 UTC 24",
                               "Tue Jul  2 08:24:45 UTC 20240",
                               "Tue Jul  2 08:24:45 UTC 1969",
                               "Tue Jul  2 08:24:45 UTC 2024 x",
                               "Tue Jul -2 08:24:45 UTC 2024",
                               "Tue JUL  2 08:24:45 UTC 2024"});
}

TEST_CASE("dates: tunasync") {
  all_read(parse_tunasync_date, {{"2024-07-02 08:24:45 +0000", kMoment},
                                 {"2024-07-02 16:24:45 +0800", kMoment},
                                 {"2024-07-01 22:24:45 -1000", kMoment}});
  none_read(parse_tunasync_date,
            {"", "2024-07-02 08:24:45", "2024-07-02T08:24:45 +0800", "2024-07-02 08:24:45 +08:00",
             "2024-07-02 08:24:45 0800+", "2024-07-02 08:24:45 +0860", "2024-07-02 08:24:45 +2400",
             "2024-07-02 08:24:45 Z0800", "2024-07-02 08:24:45  0800", "0001-01-01 00:00:00 +0000",
             "2024-02-30 08:24:45 +0800", "2024-07-02 24:00:00 +0800", "2024-07-02 08:24:45 +0800 ",
             "2024-07-02\t08:24:45 +0800", "2024-07-02 08:24:45+ 0800"});
}

TEST_CASE("dates: compact") {
  all_read(parse_compact_date, {{"20240702T08:24:45", kMoment},
                                {"20240702082445", kMoment},
                                {"20240702082445.123 +0000", kMoment},
                                {"20240702162445.123 +0800", kMoment},
                                {"20240702082445.999999999", kMoment},
                                {"20240702162445 +0800", kMoment},
                                {"20240702T16:24:45 +0800", kMoment},
                                {"99991231T00:00:00", 9214646399}});
  CHECK(parse_compact_date("20240702082445.123 +0000") == SysTime(std::chrono::milliseconds(kMoment * 1000 + 123)));
  none_read(parse_compact_date, {"",
                                 "2024",
                                 "20240702",
                                 "2024070203",
                                 "2024070208",
                                 "202407020824",
                                 "20240702T082445",
                                 "20240702T08:24",
                                 "20240702 08:24:45",
                                 "20240702t08:24:45",
                                 "2024070208244",
                                 "202407020824455",
                                 "20240702082445Z",
                                 "20240702082445.",
                                 "20240702082445.1234567890",
                                 "20240702082445+0000",
                                 "20240702082445 0000",
                                 "20240702082445 +00:00",
                                 "20240702082445  +0000",
                                 "20240702082445 +0000x",
                                 "20240230T08:24:45",
                                 "20241302T08:24:45",
                                 "20240702T24:00:00",
                                 "20240702246060",
                                 "-0240702T08:24:45",
                                 "00010101T00:00:00",
                                 "19691231T23:59:59",
                                 "19700101000000 +0100",
                                 "202407020-2445"});
}
