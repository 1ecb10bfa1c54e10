// The dead man's switch: an outside service raises the alarm when it has not heard of us. It hears of us only while
// everything that an alert needs makes progress; a process that merely lives is worth nothing. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "probes/model.hpp"

namespace mw {

struct Progress {
  SteadyTime evaluated{};                         ///< when the rules last were
  std::optional<SteadyTime> overdue = {};         ///< since when a check should have begun
  std::optional<SteadyTime> save_fails = {};      ///< since when the state cannot be saved
  std::optional<SteadyTime> delivery_fails = {};  ///< since when a receiver that is owed something accepts nothing
};

/// Why the service should not hear of us now: something has made no progress for twice as long as it waits for us.
/// Nothing: it should.
std::optional<std::string> why_silent(const Progress&, SteadyTime now, Duration every);

/// What came of a word to the service.
enum class Vouched : std::uint8_t { sent, withheld, failed };
std::string_view name(Vouched);

}  // namespace mw
