// Durations as people write them: "1h30m", "250ms", "7d". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "probes/model.hpp"

namespace mw {

/// Digits and unit, one or more times, largest unit first, each unit once. Units: d h m s ms.
/// Nothing when it is not of that form or does not fit.
std::optional<Duration> parse_duration(std::string_view text);

/// The shortest text that parse_duration reads back, to the millisecond. "0s" for zero; "-" before a negative one.
std::string format_duration(Duration);

/// As a number of seconds, for metrics.
inline double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace mw
