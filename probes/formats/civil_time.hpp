// Calendar and clock as outside text writes them, turned into a moment. Pure; no strptime, no locale, no zone
// database, no arithmetic that can overflow.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "probes/model.hpp"

namespace mw {

/// `least` to `most` digits with a value up to `limit`.
std::optional<int> short_number(std::string_view text, std::size_t least, std::size_t most, int limit);

/// 1 to 12 for "Jan" to "Dec", exactly so written.
std::optional<int> month_number(std::string_view name);

/// Year 1970 to 9999, and a day that the month has.
std::optional<std::chrono::year_month_day> civil_date(int year, int month, int day);

/// "hh:mm:ss", each of two digits; a leap second is refused as every other 60.
std::optional<std::chrono::seconds> full_clock(std::string_view text);

/// "+hh:mm" or "+hhmm": how far local time is ahead of UTC, less than a day.
std::optional<std::chrono::seconds> zone_offset(std::string_view text);

/// Cuts ".123" off the front, if a dot is there; nothing when one to nine digits do not follow it.
std::optional<Duration> take_fraction(std::string_view& rest);

/// Years past 2261 read as the end of 2261, the last whole year a SysTime holds.
SysTime moment(std::chrono::year_month_day date, std::chrono::seconds clock);

}  // namespace mw
