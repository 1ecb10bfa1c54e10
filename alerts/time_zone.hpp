// Local times of the places that people live in (IANA time zones), from the system's own tables.
#pragma once

#include <chrono>
#include <string>

#include "probes/model.hpp"

namespace mw {

using LocalTime = std::chrono::local_time<Duration>;

/// "UTC", "Asia/Shanghai".
bool is_time_zone(const std::string& name);

/// What clocks there show. A zone that is not known is UTC.
LocalTime local_time(const std::string& zone, SysTime);
/// When clocks there show it. What they show twice is the earlier one; what they skip is the moment of the jump.
SysTime system_time(const std::string& zone, LocalTime);

}  // namespace mw
