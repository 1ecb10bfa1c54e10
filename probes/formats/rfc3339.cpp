// One timestamp form, cut at fixed places.
#include "probes/formats/rfc3339.hpp"

#include "probes/formats/civil_time.hpp"

namespace mw {

namespace {

constexpr std::size_t kDate = 10;  // "2024-07-02"
constexpr std::size_t kClock = 8;  // "08:24:45"

std::optional<std::chrono::year_month_day> read_date(std::string_view text) {
  if (text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = short_number(text.substr(0, 4), 4, 4, 9999);
  const auto month = short_number(text.substr(5, 2), 2, 2, 12);
  const auto day = short_number(text.substr(8, 2), 2, 2, 31);
  if (!year || !month || !day) return std::nullopt;
  return civil_date(*year, *month, *day);
}

std::optional<std::chrono::seconds> read_zone(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::seconds(0);
  if (text.size() != 6) return std::nullopt;
  return zone_offset(text);
}

}  // namespace

std::optional<SysTime> parse_rfc3339(std::string_view text) {
  if (text.size() < kDate + 1 + kClock + 1 || (text[kDate] != 'T' && text[kDate] != 't')) return std::nullopt;
  const auto date = read_date(text.substr(0, kDate));
  const auto clock = full_clock(text.substr(kDate + 1, kClock));
  std::string_view rest = text.substr(kDate + 1 + kClock);
  const auto fraction = take_fraction(rest);
  const auto ahead = read_zone(rest);
  if (!date || !clock || !fraction || !ahead) return std::nullopt;
  const SysTime read = moment(*date, *clock - *ahead) + *fraction;
  if (read < SysTime{}) return std::nullopt;
  return read;
}

}  // namespace mw
