// The alert state machine: step(state, truth, now) -> state. Pure; unknown freezes, it never resolves. Keyed by rule
// and by what it is about, so a reload that changes neither keeps every timer. Whom it is told to is outbox.hpp's
// business.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "alerts/measure.hpp"
#include "alerts/rule.hpp"

namespace mw {

enum class Phase : std::uint8_t { inactive, pending, firing };
std::string_view name(Phase);

/// Of a pool as a whole: no mirror. Of the agent: no pool either.
struct AlertKey {
  std::string rule;
  std::string pool;
  std::string mirror;
  auto operator<=>(const AlertKey&) const = default;
};

/// One without a name, for alerts that have none yet: never null.
std::shared_ptr<const Rule> no_rule();

/// Somebody has seen to it.
struct Acknowledgement {
  std::string by;
  std::string comment;
  SysTime at{};
  bool operator==(const Acknowledgement&) const = default;
};

struct Alert {
  Phase phase = Phase::inactive;
  Duration held{};     ///< pending: how long the condition was seen to hold without a break, unknown time not counted
  Duration cleared{};  ///< firing: how long it was seen not to hold without a break
  Truth last = Truth::no;                    ///< as of `evaluated`
  std::optional<SteadyTime> evaluated = {};  ///< nothing: not since this process began
  Duration credit{};                         ///< of an alert from an earlier life: the time since its last evaluation
  SysTime active_at{};                       ///< wall, when the condition began to hold
  SysTime fired_at{};                        ///< wall; startsAt of the notice, the same through a whole episode
  SysTime resolved_at{};                     ///< wall, never before fired_at
  std::uint64_t episode = 0;                 ///< counts firings; resolves belong to one
  std::string muted_by = {};                 ///< the rule that mutes it; empty = none
  std::optional<SysTime> unmuted_at = {};    ///< not news before a look that ended later: what muted it is just over
  std::string silenced_by = {};              ///< a silence's id or a maintenance window's name; empty = none
  std::optional<Acknowledgement> acknowledged = {};  ///< of this episode
  double value = 0;                                  ///< of `which` when last measured
  Condition which = {};                              ///< what decided
  bool gone = false;                                 ///< rule, mirror or pool are no longer configured
  std::shared_ptr<const Rule> rule = no_rule();      ///< as last evaluated: a removed one can still tell its all-clear
  std::map<std::string, std::string> labels = {};    ///< identity: the same through a whole episode

  /// By another alert, that is.
  bool muted() const { return !muted_by.empty() || unmuted_at.has_value(); }
  bool heard() const { return !muted() && silenced_by.empty(); }
};

using Alerts = std::map<AlertKey, Alert>;

struct Instant {
  SteadyTime steady{};
  SysTime wall{};
};

/// An outage of ours adds at most this to what was seen before it.
inline constexpr Duration kLongestCredit = std::chrono::hours(1);

/// One alert, one step. Never fires before `hold` of yes without a no, never resolves before `keep_firing` of no
/// without a yes; unknown changes nothing, and the time around it is not counted.
Alert step(Alert, const Measured&, Instant now);

/// All rules against everything they are about. What is gone resolves at once.
Alerts evaluate(Alerts, const std::vector<Rule>&, const Snapshot&, Instant now);

}  // namespace mw
