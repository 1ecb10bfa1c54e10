// Measures that views take from a snapshot.
#include "probes/snapshot.hpp"

#include <algorithm>
#include <array>

namespace mw {

ErrorRatio error_ratio(const MirrorView& view, Duration window, SysTime now) {
  struct Count {
    double runs = 0;
    double failed = 0;
  };
  std::array<Count, std::size(kCheckKinds)> counts{};
  for (auto run = view.runs.rbegin(); run != view.runs.rend() && run->at + window >= now; ++run) {
    Count& count = counts.at(static_cast<std::size_t>(run->check));
    count.runs += 1;
    count.failed += run->failed ? 1 : 0;
  }
  ErrorRatio worst;
  for (const Count& count : counts) {
    if (count.runs == 0) continue;
    worst.known = true;
    worst.value = std::max(worst.value, count.failed / count.runs);
  }
  return worst;
}

}  // namespace mw
