// The only file that knows the date library: GCC 12 has calendars, but no time zones.
#include "alerts/time_zone.hpp"

#include <date/tz.h>

#include <stdexcept>

namespace mw {

namespace {

/// Null where it is not known, or the system has no tables.
const date::time_zone* find(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

}  // namespace

bool is_time_zone(const std::string& name) { return name == "UTC" || find(name) != nullptr; }

LocalTime local_time(const std::string& zone, SysTime time) {
  const date::time_zone* known = zone == "UTC" ? nullptr : find(zone);
  return LocalTime(known == nullptr ? time.time_since_epoch() : known->to_local(time).time_since_epoch());
}

SysTime system_time(const std::string& zone, LocalTime time) {
  const date::time_zone* known = zone == "UTC" ? nullptr : find(zone);
  if (known == nullptr) return SysTime(time.time_since_epoch());
  return known->to_sys(date::local_time<Duration>(time.time_since_epoch()), date::choose::earliest);
}

}  // namespace mw
