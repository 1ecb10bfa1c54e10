// The lag algorithm. Pure: durations come from comparing our own sightings, never a server's clock with ours.
#include "probes/history.hpp"

#include <algorithm>

namespace mw {

namespace {

bool went_back(const Version& before, const Version& after) {
  return before.order && after.order && *after.order < *before.order;
}

Lag unknown(Reason why) {
  Lag lag;
  lag.why = why;
  return lag;
}

/// `last` is the newest entry at which the version was still the upstream's; the one after it superseded it.
Lag superseded(const History& history, std::size_t last, SysTime now) {
  Lag lag;
  lag.known = true;
  lag.lower = std::max<Duration>(now - history.seen[last + 1].first_seen, Duration::zero());
  lag.upper = std::max<Duration>(now - history.seen[last].last_seen, lag.lower);
  return lag;
}

/// A version that we never saw upstream but that can be ordered among those we did.
Lag between(const History& history, std::int64_t order, SysTime now) {
  const auto& seen = history.seen;
  Lag lag;
  lag.known = true;
  if (seen.back().version.order && order > *seen.back().version.order) {
    lag.ahead = true;
    lag.upper = Duration::zero();
    return lag;
  }
  for (std::size_t i = seen.size(); i-- > 0;) {
    if (!seen[i].version.order || *seen[i].version.order > order) continue;
    if (*seen[i].version.order == order) return unknown(Reason::version_unknown);  // same place, other content
    return superseded(history, i, now);
  }
  lag.lower = std::max<Duration>(now - seen.front().first_seen, Duration::zero());
  return lag;
}

}  // namespace

History observe(History history, const Version& version, SysTime at) {
  if (!history.seen.empty() && history.seen.back().version.id == version.id) {
    history.seen.back().last_seen = std::max(history.seen.back().last_seen, at);
    return history;
  }
  if (!history.seen.empty() && went_back(history.seen.back().version, version)) {
    ++history.regressions;
    history.seen.clear();
  }
  history.seen.push_back({version, at, at});
  if (history.seen.size() > kHistoryLimit) history.seen.pop_front();
  return history;
}

Lag lag_of(const History& history, const std::optional<Version>& version, SysTime now) {
  if (!version) return unknown(Reason::not_checked_yet);
  if (history.seen.empty()) return unknown(Reason::reference_down);
  const auto& seen = history.seen;
  for (std::size_t i = seen.size(); i-- > 0;) {
    if (seen[i].version.id != version->id) continue;
    if (i + 1 < seen.size()) return superseded(history, i, now);
    Lag current;
    current.known = true;
    current.upper = Duration::zero();
    return current;
  }
  const bool ordered = version->order && seen.back().version.order;
  return ordered ? between(history, *version->order, now) : unknown(Reason::version_unknown);
}

}  // namespace mw
