// One date form, cut word by word.
#include "probes/formats/rfc_date.hpp"

#include <algorithm>
#include <array>

#include "probes/formats/civil_time.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::array<std::string_view, 7> kWeekdays = {"Mon,", "Tue,", "Wed,", "Thu,", "Fri,", "Sat,", "Sun,"};
constexpr std::array<std::string_view, 4> kZones = {"UTC", "GMT", "Z", "+0000"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::optional<std::chrono::year_month_day> read_day(std::string_view& rest, std::string_view first_word) {
  const auto day = short_number(first_word, 1, 2, 31);
  const auto month = month_number(take_word(rest));
  const auto year = short_number(take_word(rest), 4, 4, 9999);
  if (!day || !month || !year) return std::nullopt;
  return civil_date(*year, *month, *day);
}

/// "hh:mm" or "hh:mm:ss"; a leap second is refused as every other 60.
std::optional<std::chrono::seconds> read_clock(std::string_view text) {
  const std::size_t first = text.find(':');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find(':', first + 1);
  const auto hour = short_number(text.substr(0, first), 1, 2, 23);
  const auto minute = short_number(text.substr(first + 1, second - first - 1), 2, 2, 59);
  const auto sec =
      second == std::string_view::npos ? std::optional<int>(0) : short_number(text.substr(second + 1), 2, 2, 59);
  if (!hour || !minute || !sec) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*sec);
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
