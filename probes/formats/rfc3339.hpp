// Timestamps as JSON documents write them: "2024-07-02T08:24:45.123Z". Pure; no strptime, no locale.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "probes/model.hpp"

namespace mw {

/// RFC 3339: date, "T", clock, up to nine digits of a fraction, then "Z" or a numeric offset (T and Z also in lower
/// case). Nothing before 1970 in UTC, no leap second. Years past 2261 read as the end of 2261, the last whole year a
/// SysTime holds.
std::optional<SysTime> parse_rfc3339(std::string_view text);

/// With milliseconds, UTC.
std::string rfc3339(SysTime);

}  // namespace mw
