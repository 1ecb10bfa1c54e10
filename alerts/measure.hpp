// What a condition is, of one mirror, pool or agent, at one moment: yes, no or unknown. Pure.
#pragma once

#include <vector>

#include "alerts/condition.hpp"
#include "probes/snapshot.hpp"

namespace mw {

/// Unknown is not no: it freezes an alert where it is.
enum class Truth : std::uint8_t { no, yes, unknown };

struct Measured {
  Truth truth = Truth::unknown;
  double value = 0;  ///< of `which`, when known
  Condition which =
      {};  ///< the condition that decided: the first that holds, else the first that is known, else the first
};

/// The mirrors of a pool by verdict, references left out.
struct PoolCounts {
  int mirrors = 0;
  int fresh = 0;
  int stale = 0;
  int corrupt = 0;
  int down = 0;
  int unknown = 0;
};
PoolCounts count_mirrors(const Snapshot&, const std::string& pool);

/// What a rule looks at. What its scope has no use for may be null.
struct Subject {
  const Snapshot* snapshot = nullptr;
  const PoolView* pool = nullptr;
  const PoolCounts* counts = nullptr;
  const MirrorView* mirror = nullptr;
};

/// Kleene's logic: `and` is no when any part is, `or` is yes when any part is, and else unknown when any part is.
Measured measure(const Expression&, const Subject&, SysTime now);

}  // namespace mw
