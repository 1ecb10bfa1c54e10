// Maintenance windows: when they are in force, by a schedule as cron has it. Pure but for the system's time zones.
#pragma once

#include <bitset>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "alerts/silence.hpp"

namespace mw {

/// Five fields: minute, hour, day of the month, month, day of the week; numbers, names, lists, ranges, steps, "*".
/// As in crontab(5): where both kinds of day are restricted, either will do; 7 is Sunday too.
struct Schedule {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;  ///< from 1
  std::bitset<13> months;
  std::bitset<7> weekdays;  ///< from Sunday
  bool either_day = false;
  std::string text;  ///< as it was written
  bool operator==(const Schedule&) const = default;
};
/// Else what is wrong with it.
std::variant<Schedule, std::string> parse_schedule(std::string_view text);

struct Maintenance {
  std::string name;
  std::vector<Matcher> matchers;  ///< of the alerts nobody is told of
  Schedule schedule;              ///< when it begins
  Duration duration{};            ///< at most kLongestMaintenance
  std::string time_zone = "UTC";
  bool operator==(const Maintenance&) const = default;
};
inline constexpr Duration kLongestMaintenance = std::chrono::hours(7 * 24);

bool in_force(const Maintenance&, SysTime now);

/// Those of them that are.
std::vector<Hush> windows_in_force(const std::vector<Maintenance>&, SysTime now);

}  // namespace mw
