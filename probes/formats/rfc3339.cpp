// One timestamp form, cut at fixed places.
#include "probes/formats/rfc3339.hpp"

#include <array>
#include <cstdio>
#include <ctime>

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

std::string rfc3339(SysTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole).count();
  const std::time_t since_epoch = static_cast<std::time_t>(whole.time_since_epoch().count());
  std::tm parts{};
  gmtime_r(&since_epoch, &parts);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>(millis));
  return text.data();
}

}  // namespace mw
