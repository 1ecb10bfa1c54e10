// Findings in, snapshot out. Holds every mirror's state, every feed's history and the ledger; single-threaded; takes
// time as an argument and touches nothing outside: what must survive goes out, and comes back in, as records.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "probes/feeds.hpp"
#include "probes/judge.hpp"
#include "probes/ledger.hpp"
#include "probes/record.hpp"
#include "probes/snapshot.hpp"
#include "probes/target.hpp"

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

  /// What an earlier process left, once, after the first configure(). Records of what is configured no longer, or
  /// otherwise, are passed over, as are damaged ones; how many of these, is returned.
  std::size_t restore(const std::vector<Record>&);
  /// What has changed since the last call, for restore() of a later process.
  std::vector<Record> unsaved();

  /// Ignored if the mirror is no longer configured.
  void apply(const MirrorKey&, Finding);

  /// Nullptr if never run or not configured.
  const CheckState* check(const MirrorKey&, CheckKind) const;
  /// What earlier looks at the mirror, or at the pool's acting reference, asked to remember.
  Remembered remembered(const MirrorKey&) const;
  Remembered reference_remembered(const std::string& pool) const;

  /// Most mirrors cannot be reached: our own network may be down. Until a control answers, it counts as down.
  bool suspects_self_fault() const { return suspected_; }
  /// A control accepted a connection: our own network is up, and believed to be so for kControlsHold.
  void controls_answered(SysTime at) { controls_answered_ = at; }
  static constexpr Duration kControlsHold = std::chrono::minutes(1);

  /// Judges every mirror as of `now`.
  std::shared_ptr<const Snapshot> publish(SysTime now, std::vector<VerdictChange>& changes);

 private:
  struct MirrorState {
    std::shared_ptr<const Pool> pool;
    std::shared_ptr<const Mirror> mirror;
    std::map<CheckKind, CheckState> checks;
    std::deque<Run> runs;
    Sightings sightings;
    std::optional<SysTime> told;  ///< when the latest freshness look ended, if it told a version
    std::vector<FeedLag> lags;    ///< as last known
    std::vector<AddressLag> addresses;
    std::uint64_t version_regressions = 0;
    Remembered remembered = nothing_remembered();
    Verdict verdict;
    SysTime since{};
    bool changed = true;                     ///< since it was last saved
    bool restored = false;                   ///< its own record was taken up
    std::shared_ptr<const MirrorView> view;  ///< as last published; null when something was learned since
  };
  struct PoolState {
    std::shared_ptr<const Pool> pool;
    std::vector<MirrorState*> mirrors;  ///< as in the pool: references first
    Histories histories;
    Artefacts artefacts;
    std::set<std::string> references;
    bool undecided = false;
    bool saved = false;                       ///< its meaning is on record
    std::set<std::string> changed_feeds;      ///< since they were last saved
    std::set<std::string> changed_pasts;      ///< of these, the ones with more than a newer look at the same version
    std::set<std::string> changed_artefacts;  ///< likewise
  };
  /// One mirror, judged but not yet published.
  struct Judged {
    MirrorState* state = nullptr;
    Verdict verdict;
    std::vector<FeedLag> lags;
    std::vector<AddressLag> addresses;
    Lag lag;
  };

  PoolState* find_pool(const std::string& name);
  const PoolState* find_pool(const std::string& name) const;
  const MirrorState* acting_reference(const Pool&) const;
  static void note_versions(PoolState&, MirrorState&, const Versions&, SysTime at);
  void note_upstream(PoolState&, const MirrorState&, const Versions&, SysTime at);
  std::vector<Version> votes(const PoolState&, const std::string& feed) const;
  bool reference_down(const PoolState&) const;
  bool cannot_reach_most() const;
  bool self_fault(SysTime now) const;
  void forget_runs_of_self_fault();
  Judged judged(const PoolState&, MirrorState&, SysTime now) const;
  std::vector<Judged> judged_pool(const PoolState&, SysTime now);
  std::shared_ptr<const MirrorView> view_of(Judged&, SysTime now, std::vector<VerdictChange>& changes) const;
  void save_mirror(std::vector<Record>&, const MirrorKey&, MirrorState&) const;
  void save_pool(std::vector<Record>&, PoolState&) const;
  bool restore_one(const Record&);
  bool restore_self_fault(const Record&);
  static bool restore_pool(const Record&, PoolState&);
  static bool restore_mirror(const Record&, MirrorState&);
  static bool restore_detail(const Record&, MirrorState&);

  std::vector<PoolState> pools_;
  std::map<MirrorKey, MirrorState> mirrors_;
  bool suspected_ = false;  ///< as of the last publish()
  std::optional<SysTime> controls_answered_;
  std::optional<SysTime> self_fault_since_;  ///< when the present one was first seen
  std::optional<SysTime> self_fault_until_;  ///< when any was last seen
  std::optional<SysTime> saved_self_fault_;  ///< of that, what is on record
};

}  // namespace mw
