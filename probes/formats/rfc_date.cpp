// One date form, cut word by word.
#include "probes/formats/rfc_date.hpp"

#include <algorithm>
#include <array>

#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::array<std::string_view, 7> kWeekdays = {"Mon,", "Tue,", "Wed,", "Thu,", "Fri,", "Sat,", "Sun,"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 4> kZones = {"UTC", "GMT", "Z", "+0000"};
constexpr int kLastYear = 2261;

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// `least` to `most` digits with a value up to `limit`.
std::optional<int> digits(std::string_view text, std::size_t least, std::size_t most, int limit) {
  if (text.size() < least || text.size() > most) return std::nullopt;
  const auto value = parse_decimal(text);
  if (!value || *value > static_cast<std::uint64_t>(limit)) return std::nullopt;
  return static_cast<int>(*value);
}

std::optional<std::chrono::year_month_day> read_day(std::string_view& rest, std::string_view first_word) {
  const auto day = digits(first_word, 1, 2, 31);
  const std::string_view month_word = take_word(rest);
  const auto month = std::find(kMonths.begin(), kMonths.end(), month_word);
  const auto year = digits(take_word(rest), 4, 4, 9999);
  if (!day || month == kMonths.end() || !year || *year < 1970) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return date;
}

/// "hh:mm" or "hh:mm:ss"; a leap second is refused as every other 60.
std::optional<std::chrono::seconds> read_clock(std::string_view text) {
  const std::size_t first = text.find(':');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find(':', first + 1);
  const auto hour = digits(text.substr(0, first), 1, 2, 23);
  const auto minute = digits(text.substr(first + 1, second - first - 1), 2, 2, 59);
  const auto sec = second == std::string_view::npos ? std::optional<int>(0) : digits(text.substr(second + 1), 2, 2, 59);
  if (!hour || !minute || !sec) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*sec);
}

SysTime moment(std::chrono::year_month_day date, std::chrono::seconds clock) {
  using namespace std::chrono;
  if (date.year() > year(kLastYear)) return sys_days(year(kLastYear) / December / 31) + hours(24) - seconds(1);
  return sys_days(date) + clock;
}

}  // namespace

std::optional<SysTime> parse_rfc_date(std::string_view text) {
  std::string_view rest = text;
  std::string_view word = take_word(rest);
  if (contains(kWeekdays, word)) word = take_word(rest);
  const auto date = read_day(rest, word);
  const auto clock = read_clock(take_word(rest));
  if (!date || !clock || !contains(kZones, take_word(rest))) return std::nullopt;
  if (!take_word(rest).empty()) return std::nullopt;
  return moment(*date, *clock);
}

}  // namespace mw
