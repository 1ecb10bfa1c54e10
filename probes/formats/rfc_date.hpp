// Dates as HTTP headers and Release files write them: "Sat, 09 Aug 2025 09:05:00 UTC". Pure; no strptime, no locale,
// no time zone but UTC.
#pragma once

#include <optional>
#include <string_view>

#include "probes/model.hpp"

namespace mw {

/// RFC 1123/5322 form with a four-digit year from 1970 on; the weekday is optional and not compared with the date,
/// day and hour may lack their leading zero, seconds may be left out. Zones: UTC, GMT, Z, +0000.
/// Years past 2261 read as the end of 2261, the last whole year a SysTime holds.
std::optional<SysTime> parse_rfc_date(std::string_view text);

}  // namespace mw
