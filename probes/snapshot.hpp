// The immutable picture of every mirror, published after changes. All views (metrics, pages, rules) read only
// this; nothing here points back into the store.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "probes/feeds.hpp"
#include "probes/judge.hpp"
#include "probes/model.hpp"

namespace mw {

/// Share of failed runs of the worst check over a window that ends now.
struct ErrorRatio {
  bool known = false;  ///< false: nothing ran in the window
  double value = 0;
};

/// When runs ended and whether they failed; our own host's failures are left out. Oldest first, bounded.
struct Run {
  SysTime at{};
  CheckKind check{};
  bool failed = false;
  Duration took{};
};

struct MirrorView {
  std::shared_ptr<const Pool> pool;
  std::shared_ptr<const Mirror> mirror;
  std::map<CheckKind, CheckState> checks;
  Verdict verdict;
  SysTime since{};  ///< when the verdict's state began
  Lag lag;
  std::vector<Run> runs;
  std::vector<FeedLag> feeds = {};         ///< part by part; the whole is ""
  std::vector<AddressLag> addresses = {};  ///< when the name has several
  std::uint64_t version_regressions = 0;   ///< times it went back to an older version
};

ErrorRatio error_ratio(const MirrorView&, Duration window, SysTime now);

struct PoolView {
  std::shared_ptr<const Pool> pool;
  bool reference_up = false;
  std::uint64_t upstream_regressions = 0;
};

struct Snapshot {
  SysTime at{};
  bool self_fault = false;                                 ///< our own network is suspected to be down
  std::vector<PoolView> pools;                             ///< in configuration order
  std::vector<std::shared_ptr<const MirrorView>> mirrors;  ///< in configuration order, references first per pool
};

}  // namespace mw
