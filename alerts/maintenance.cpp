// Reading schedules, and looking back for a beginning that has not ended.
#include "alerts/maintenance.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "alerts/time_zone.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

using std::chrono::days;

struct FieldFacts {
  std::string_view name;
  int low = 0;
  int high = 0;
  std::vector<std::string_view> names = {};  ///< of the values from `low` on
};

const std::array<FieldFacts, 5>& fields() {
  static const std::array<FieldFacts, 5> all = {{
      {"minute", 0, 59},
      {"hour", 0, 23},
      {"day of the month", 1, 31},
      {"month", 1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
      {"day of the week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
  }};
  return all;
}

std::optional<int> number_in(std::string_view text, const FieldFacts& field) {
  for (std::size_t i = 0; i < field.names.size(); ++i)
    if (lower(text) == field.names[i]) return field.low + static_cast<int>(i);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < field.low || value > field.high) return {};
  return value;
}

/// "*", "5", "1-5", "*/15", "8-18/2": whether it could be read.
bool add_range(std::string_view text, const FieldFacts& field, std::bitset<64>& into) {
  int step = 1;
  const auto slash = text.find('/');
  if (slash != std::string_view::npos) {
    const auto each = number_in(text.substr(slash + 1), {"step", 1, 59});
    if (!each) return false;
    step = *each;
  }
  const std::string_view range = text.substr(0, slash);
  const auto dash = range.find('-');
  const bool is_all = range == "*";
  const auto first = is_all ? std::optional(field.low) : number_in(range.substr(0, dash), field);
  auto last = is_all || (dash == std::string_view::npos && slash != std::string_view::npos) ? std::optional(field.high)
              : dash == std::string_view::npos                                              ? first
                                               : number_in(range.substr(dash + 1), field);
  if (!first || !last || *first > *last) return false;
  for (int value = *first; value <= *last; value += step) into.set(static_cast<std::size_t>(value));
  return true;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(at, begin), text.size());
    if (end > begin || at != ' ') parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::optional<std::bitset<64>> read_field(std::string_view text, const FieldFacts& field) {
  std::bitset<64> values;
  for (const std::string_view part : split(text, ','))
    if (!add_range(part, field, values)) return std::nullopt;
  return values;
}

template <std::size_t Size>
std::bitset<Size> first_of(const std::bitset<64>& values) {
  return std::bitset<Size>(values.to_ullong() & ((1ULL << Size) - 1));
}

bool is_on(const Schedule& schedule, std::chrono::local_days day) {
  const std::chrono::year_month_day date(day);
  const bool by_date = schedule.days.test(static_cast<unsigned>(date.day()));
  const bool by_weekday = schedule.weekdays.test(std::chrono::weekday(day).c_encoding());
  const bool is_day = schedule.either_day ? by_date || by_weekday : by_date && by_weekday;
  return is_day && schedule.months.test(static_cast<unsigned>(date.month()));
}

/// Whether a window that began on that day is still in force.
bool reaches(const Maintenance& window, std::chrono::local_days day, SysTime now) {
  const Schedule& schedule = window.schedule;
  for (std::size_t hour = 0; hour < schedule.hours.size(); ++hour) {
    if (!schedule.hours.test(hour)) continue;
    for (std::size_t minute = 0; minute < schedule.minutes.size(); ++minute) {
      if (!schedule.minutes.test(minute)) continue;
      const SysTime start =
          system_time(window.time_zone, LocalTime(day) + std::chrono::hours(hour) + std::chrono::minutes(minute));
      if (start <= now && now < start + window.duration) return true;
    }
  }
  return false;
}

}  // namespace

std::variant<Schedule, std::string> parse_schedule(std::string_view text) {
  constexpr std::string_view kExpected = ", expected five fields like \"0 2 * * sun\"";
  const auto parts = split(text, ' ');
  if (parts.size() != fields().size())
    return "has " + std::to_string(parts.size()) + " fields" + std::string(kExpected);
  std::array<std::bitset<64>, 5> read;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const FieldFacts& field = fields().at(i);
    const auto values = read_field(parts[i], field);
    if (!values)
      return "has no " + std::string(field.name) + " (" + std::to_string(field.low) + " to " +
             std::to_string(field.high) + ") in field " + std::to_string(i + 1) + std::string(kExpected);
    read.at(i) = *values;
  }
  Schedule schedule;
  schedule.minutes = first_of<60>(read[0]);
  schedule.hours = first_of<24>(read[1]);
  schedule.days = first_of<32>(read[2]);
  schedule.months = first_of<13>(read[3]);
  schedule.weekdays = first_of<7>(read[4]);
  if (read[4].test(7)) schedule.weekdays.set(0);
  schedule.either_day = !parts[2].starts_with('*') && !parts[4].starts_with('*');
  schedule.text = text;
  return schedule;
}

bool in_force(const Maintenance& window, SysTime now) {
  const auto day_of = [&](SysTime time) { return std::chrono::floor<days>(local_time(window.time_zone, time)); };
  for (auto day = day_of(now); day >= day_of(now - window.duration); day -= days(1))
    if (is_on(window.schedule, day) && reaches(window, day, now)) return true;
  return false;
}

std::vector<Hush> windows_in_force(const std::vector<Maintenance>& windows, SysTime now) {
  std::vector<Hush> all;
  for (const Maintenance& window : windows)
    if (in_force(window, now)) all.push_back({"maintenance " + window.name, &window.matchers});
  return all;
}

}  // namespace mw
