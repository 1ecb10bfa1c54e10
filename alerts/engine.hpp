// The alert state machine: step(state, truth, now) -> state and what changed. Pure; unknown freezes, it never
// resolves. Keyed by rule and mirror, so a reload that changes neither keeps every timer.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "alerts/rule.hpp"

namespace mw {

enum class Phase : std::uint8_t { inactive, pending, firing };
std::string_view name(Phase);

struct AlertKey {
  std::string rule;
  std::string pool;
  std::string mirror;
  auto operator<=>(const AlertKey&) const = default;
};

struct Alert {
  Phase phase = Phase::inactive;
  SteadyTime pending_since{};  ///< monotonic: a wall clock step neither shortens nor stretches `for`
  SysTime active_at{};         ///< wall, when the condition began to hold
  SysTime fired_at{};          ///< wall; startsAt of the notice
  SysTime resolved_at{};
  std::uint64_t episode = 0;  ///< counts firings; resolves belong to one
  bool inhibited = false;
  double value = 0;  ///< of the signal when last measured
  Rule rule;         ///< as it was when last evaluated: a removed rule can still tell its all-clear
  std::map<std::string, std::string> labels;
};

using Alerts = std::map<AlertKey, Alert>;

struct Instant {
  SteadyTime steady{};
  SysTime wall{};
};

/// One alert, one step. Contract: never fires before `hold` of continuous yes; unknown changes nothing.
Alert step(Alert, Measured, Instant now);

/// All rules against all mirrors. Mirrors or rules that are gone resolve.
Alerts evaluate(Alerts, const std::vector<Rule>&, const Snapshot&, Instant now);

}  // namespace mw
