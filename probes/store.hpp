// Findings in, snapshot out. Holds every mirror's state and every feed's history; single-threaded; takes time as
// an argument and touches nothing outside.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "probes/history.hpp"
#include "probes/judge.hpp"
#include "probes/snapshot.hpp"

namespace mw {

struct MirrorKey {
  std::string pool;
  std::string mirror;
  auto operator<=>(const MirrorKey&) const = default;
};

/// A verdict that changed: what is logged, and nothing else is.
struct VerdictChange {
  MirrorKey key;
  Verdict before;
  Verdict after;
};

class Store {
 public:
  /// Mirrors that are configured as before keep their state; others start afresh; removed ones are forgotten.
  void configure(const std::vector<std::shared_ptr<const Pool>>& pools, SysTime now);

  /// Ignored if the mirror is no longer configured.
  void apply(const MirrorKey&, Finding);

  /// Nullptr if never run or not configured.
  const CheckState* check(const MirrorKey&, CheckKind) const;

  /// Judges every mirror as of `now`.
  std::shared_ptr<const Snapshot> publish(SysTime now, std::vector<VerdictChange>& changes);

 private:
  struct MirrorState {
    std::shared_ptr<const Pool> pool;
    std::shared_ptr<const Mirror> mirror;
    std::map<CheckKind, CheckState> checks;
    std::deque<Run> runs;
    Verdict verdict;
    Lag lag;  ///< as last known
    SysTime since{};
    std::shared_ptr<const MirrorView> view;  ///< as last published; null when something was learned since
  };

  const MirrorState* acting_reference(const Pool&) const;
  Evidence evidence_of(const MirrorState&, const MirrorState* reference, SysTime now) const;
  std::shared_ptr<const MirrorView> view_of(MirrorState&, const MirrorState* reference, SysTime now,
                                            std::vector<VerdictChange>& changes) const;

  std::vector<std::shared_ptr<const Pool>> pools_;
  std::map<MirrorKey, MirrorState> mirrors_;
  std::map<std::string, History> histories_;  ///< by pool name
};

}  // namespace mw
