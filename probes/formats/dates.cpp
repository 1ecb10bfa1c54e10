// Each form by itself, cut word by word or at fixed places.
#include "probes/formats/dates.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "probes/formats/civil_time.hpp"
#include "probes/formats/rfc3339.hpp"
#include "probes/formats/rfc_date.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

using Date = std::chrono::year_month_day;
using std::chrono::seconds;

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

bool is_long_weekday(std::string_view word) { return std::find(kDays.begin(), kDays.end(), word) != kDays.end(); }

bool is_short_weekday(std::string_view word) {
  return word.size() == 3 && std::any_of(kDays.begin(), kDays.end(), [&](auto day) { return day.starts_with(word); });
}

bool is_utc(std::string_view word) { return word == "UTC" || word == "GMT"; }

/// Nothing before 1970 in UTC.
std::optional<SysTime> shifted(Date date, seconds clock, seconds ahead) {
  const SysTime read = moment(date, clock - ahead);
  if (read < SysTime{}) return std::nullopt;
  return read;
}

/// "Jul  2 08:24:45" of posix and asctime dates; the year stands elsewhere.
struct MonthDayClock {
  std::optional<int> month;
  std::optional<int> day;
  std::optional<seconds> clock;
};

MonthDayClock take_month_day_clock(std::string_view& rest) {
  MonthDayClock read;
  read.month = month_number(take_word(rest));
  read.day = short_number(take_word(rest), 1, 2, 31);
  read.clock = full_clock(take_word(rest));
  return read;
}

std::optional<SysTime> in_year(const MonthDayClock& read, std::string_view year_word) {
  const auto year = short_number(year_word, 4, 4, 9999);
  if (!year || !read.month || !read.day || !read.clock) return std::nullopt;
  const auto date = civil_date(*year, *read.month, *read.day);
  if (!date) return std::nullopt;
  return shifted(*date, *read.clock, seconds(0));
}

std::optional<SysTime> parse_asctime(std::string_view text) {
  std::string_view rest = text;
  if (!is_short_weekday(take_word(rest))) return std::nullopt;
  const MonthDayClock read = take_month_day_clock(rest);
  const std::string_view year = take_word(rest);
  if (!take_word(rest).empty()) return std::nullopt;
  return in_year(read, year);
}

/// "02-Jul-24".
std::optional<Date> read_short_date(std::string_view text) {
  if (text.size() != 9 || text[2] != '-' || text[6] != '-') return std::nullopt;
  const auto day = short_number(text.substr(0, 2), 2, 2, 31);
  const auto month = month_number(text.substr(3, 3));
  const auto year = short_number(text.substr(7), 2, 2, 99);
  if (!day || !month || !year) return std::nullopt;
  constexpr int kFirstOfLastCentury = 70;
  return civil_date(*year + (*year < kFirstOfLastCentury ? 2000 : 1900), *month, *day);
}

std::optional<SysTime> parse_rfc850(std::string_view text) {
  std::string_view rest = text;
  const std::string_view weekday = take_word(rest);
  if (!weekday.ends_with(',') || !is_long_weekday(weekday.substr(0, weekday.size() - 1))) return std::nullopt;
  const auto date = read_short_date(take_word(rest));
  const auto clock = full_clock(take_word(rest));
  if (!date || !clock || !is_utc(take_word(rest)) || !take_word(rest).empty()) return std::nullopt;
  return shifted(*date, *clock, seconds(0));
}

/// "… +0800": the UTC date that stands before the zone, less the zone.
std::optional<SysTime> parse_zoned_rfc(std::string_view text) {
  const std::size_t blank = text.find_last_of(" \t");
  if (blank == std::string_view::npos || text.size() - blank != sizeof "+0800") return std::nullopt;
  const auto ahead = zone_offset(text.substr(blank + 1));
  const auto local = parse_rfc_date(std::string(text.substr(0, blank)) + " UTC");
  if (!ahead || !local || *local - *ahead < SysTime{}) return std::nullopt;
  return *local - *ahead;
}

/// "20240702", with digits only.
std::optional<Date> read_eight_digits(std::string_view text) {
  const auto year = short_number(text.substr(0, 4), 4, 4, 9999);
  const auto month = short_number(text.substr(4, 2), 2, 2, 12);
  const auto day = short_number(text.substr(6, 2), 2, 2, 31);
  if (!year || !month || !day) return std::nullopt;
  return civil_date(*year, *month, *day);
}

/// Cuts off "T08:24:45" or "082445".
std::optional<seconds> take_compact_clock(std::string_view& rest) {
  const bool colons = rest.starts_with('T');
  const std::size_t size = colons ? 9 : 6;
  if (rest.size() < size) return std::nullopt;
  const std::string_view text = rest.substr(0, size);
  rest.remove_prefix(size);
  if (colons) return full_clock(text.substr(1));
  return full_clock(std::string(text.substr(0, 2)) + ":" + std::string(text.substr(2, 2)) + ":" +
                    std::string(text.substr(4)));
}

std::optional<seconds> take_compact_zone(std::string_view text) {
  if (text.empty()) return seconds(0);
  if (text.size() != sizeof " +0000" - 1 || text.front() != ' ') return std::nullopt;
  return zone_offset(text.substr(1));
}

}  // namespace

std::optional<SysTime> parse_header_date(std::string_view text) {
  if (const auto read = parse_rfc_date(text)) return read;
  if (const auto read = parse_zoned_rfc(text)) return read;
  if (const auto read = parse_rfc850(text)) return read;
  return parse_asctime(text);
}

std::optional<SysTime> parse_posix_date(std::string_view text) {
  std::string_view rest = text;
  if (!is_short_weekday(take_word(rest))) return std::nullopt;
  const MonthDayClock read = take_month_day_clock(rest);
  const bool utc = is_utc(take_word(rest));
  const std::string_view year = take_word(rest);
  if (!utc || !take_word(rest).empty()) return std::nullopt;
  return in_year(read, year);
}

std::optional<SysTime> parse_tunasync_date(std::string_view text) {
  constexpr std::string_view kForm = "2024-07-02 08:24:45 +0800";
  if (text.size() != kForm.size() || text[10] != ' ' || text[19] != ' ') return std::nullopt;
  const std::string zone(text.substr(20));
  return parse_rfc3339(std::string(text.substr(0, 10)) + "T" + std::string(text.substr(11, 8)) + zone.substr(0, 3) +
                       ":" + zone.substr(3));
}

std::optional<SysTime> parse_compact_date(std::string_view text) {
  constexpr std::size_t kDate = 8;
  if (text.size() < kDate) return std::nullopt;
  const auto date = read_eight_digits(text.substr(0, kDate));
  std::string_view rest = text.substr(kDate);
  const auto clock = take_compact_clock(rest);
  const auto fraction = take_fraction(rest);
  const auto ahead = take_compact_zone(rest);
  if (!date || !clock || !fraction || !ahead) return std::nullopt;
  const auto whole = shifted(*date, *clock, *ahead);
  if (!whole) return std::nullopt;
  return *whole + *fraction;
}

}  // namespace mw
