// Measures that views take from a snapshot.
#include "probes/snapshot.hpp"

#include <algorithm>

namespace mw {

ErrorRatio error_ratio(const MirrorView& view, Duration window, SysTime now) {
  struct Count {
    double runs = 0;
    double failed = 0;
  };
  std::map<CheckKind, Count> counts;
  for (const Run& run : view.runs) {
    if (run.at + window < now) continue;
    counts[run.check].runs += 1;
    counts[run.check].failed += run.failed ? 1 : 0;
  }
  ErrorRatio worst{!counts.empty(), 0};
  for (const auto& [check, count] : counts) worst.value = std::max(worst.value, count.failed / count.runs);
  return worst;
}

}  // namespace mw
