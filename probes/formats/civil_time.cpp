// Numbers with limits, and the one place that composes them into a moment.
#include "probes/formats/civil_time.hpp"

#include <algorithm>
#include <array>

#include "probes/formats/text.hpp"

namespace mw {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2261;
constexpr std::size_t kFractionDigits = 9;

}  // namespace

std::optional<int> short_number(std::string_view text, std::size_t least, std::size_t most, int limit) {
  if (text.size() < least || text.size() > most) return std::nullopt;
  const auto value = parse_decimal(text);
  if (!value || *value > static_cast<std::uint64_t>(limit)) return std::nullopt;
  return static_cast<int>(*value);
}

std::optional<int> month_number(std::string_view name) {
  const auto* found = std::find(kMonths.begin(), kMonths.end(), name);
  if (found == kMonths.end()) return std::nullopt;
  return static_cast<int>(found - kMonths.begin()) + 1;
}

std::optional<std::chrono::year_month_day> civil_date(int year, int month, int day) {
  if (year < kFirstYear || year > 9999 || month < 1 || day < 1) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  return date;
}

std::optional<std::chrono::seconds> full_clock(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hour = short_number(text.substr(0, 2), 2, 2, 23);
  const auto minute = short_number(text.substr(3, 2), 2, 2, 59);
  const auto second = short_number(text.substr(6, 2), 2, 2, 59);
  if (!hour || !minute || !second) return std::nullopt;
  return hours(*hour) + minutes(*minute) + seconds(*second);
}

std::optional<std::chrono::seconds> zone_offset(std::string_view text) {
  const bool colon = text.size() == 6 && text[3] == ':';
  if ((text.size() != 5 && !colon) || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const auto hour = short_number(text.substr(1, 2), 2, 2, 23);
  const auto minute = short_number(text.substr(colon ? 4 : 3), 2, 2, 59);
  if (!hour || !minute) return std::nullopt;
  const seconds ahead = hours(*hour) + minutes(*minute);
  return text[0] == '-' ? -ahead : ahead;
}

std::optional<Duration> take_fraction(std::string_view& rest) {
  if (!rest.starts_with('.')) return Duration::zero();
  const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
  const std::size_t count = end - 1;
  const auto digits = parse_decimal(rest.substr(1, count));
  if (!digits || count > kFractionDigits) return std::nullopt;
  rest.remove_prefix(end);
  auto nanoseconds = static_cast<std::int64_t>(*digits);
  for (std::size_t i = count; i < kFractionDigits; ++i) nanoseconds *= 10;
  return Duration(nanoseconds);
}

SysTime moment(std::chrono::year_month_day date, std::chrono::seconds clock) {
  using namespace std::chrono;
  constexpr sys_seconds kEnd = sys_days(year(kLastYear) / December / 31) + hours(24) - seconds(1);
  if (date.year() > year(kLastYear)) return kEnd;
  return std::min<sys_seconds>(sys_days(date) + clock, kEnd);
}

}  // namespace mw
