// The lag algorithm. Pure: durations come from comparing our own sightings, never a server's clock with ours.
#include "probes/history.hpp"

#include <algorithm>

namespace mw {

namespace {

std::optional<std::size_t> place(const History& history, const std::string& id) {
  for (std::size_t i = history.seen.size(); i-- > 0;)
    if (history.seen[i].version.id == id) return i;
  return std::nullopt;
}

/// A lower order, or a version that was superseded before.
bool went_back(const History& history, const Version& version) {
  const auto& back = history.seen.back().version;
  if (back.order && version.order) return *version.order < *back.order;
  return place(history, version.id).has_value();
}

bool is_newer(const Version& seen, const Version& restored) {
  if (seen.order && restored.order) return *seen.order > *restored.order;
  return seen.id != restored.id;
}

/// Forgets that what came after `restored` was ever the upstream's; remembers that it was not wrong to copy it.
void take_back(History& history, const Version& restored) {
  ++history.regressions;
  while (!history.seen.empty() && is_newer(history.seen.back().version, restored)) {
    history.abandoned.push_back({std::move(history.seen.back().version.id), restored.id});
    history.seen.pop_back();
  }
  // What an earlier step back led to may be gone now, too.
  for (Abandoned& each : history.abandoned)
    if (!place(history, each.restored)) each.restored = restored.id;
  while (history.abandoned.size() > kAbandonedLimit) history.abandoned.pop_front();
}

Lag not_behind(bool ahead) {
  Lag lag;
  lag.known = true;
  lag.ahead = ahead;
  lag.upper = Duration::zero();
  return lag;
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

Lag older_than_all(const History& history, SysTime now) {
  Lag lag;
  lag.known = true;
  lag.lower = std::max<Duration>(now - history.seen.front().first_seen, Duration::zero());
  return lag;
}

Lag taken_back(const History& history, const std::string& restored, SysTime now) {
  const auto last = place(history, restored);
  if (!last) return older_than_all(history, now);
  return *last + 1 < history.seen.size() ? superseded(history, *last, now) : not_behind(true);
}

/// A version that we never saw upstream but that can be ordered among those we did.
Lag between(const History& history, std::int64_t order, SysTime now) {
  const auto& seen = history.seen;
  if (seen.back().version.order && order > *seen.back().version.order) return not_behind(true);
  for (std::size_t i = seen.size(); i-- > 0;) {
    if (!seen[i].version.order || *seen[i].version.order > order) continue;
    if (*seen[i].version.order == order) return unknown(Reason::version_unknown);  // same place, other content
    return superseded(history, i, now);
  }
  return older_than_all(history, now);
}

}  // namespace

History observe(History history, const Version& version, SysTime at) {
  const auto is_current = [&] { return !history.seen.empty() && history.seen.back().version.id == version.id; };
  if (!history.seen.empty() && !is_current() && went_back(history, version)) take_back(history, version);
  if (is_current()) {
    history.seen.back().last_seen = std::max(history.seen.back().last_seen, at);
    return history;
  }
  std::erase_if(history.abandoned, [&](const Abandoned& each) { return each.id == version.id; });
  history.seen.push_back({version, at, at});
  if (history.seen.size() > kHistoryLimit) history.seen.pop_front();
  return history;
}

Lag lag_of(const History& history, const std::optional<Version>& version, SysTime now) {
  if (!version) return unknown(Reason::not_checked_yet);
  if (history.seen.empty()) return unknown(Reason::reference_down);
  const auto& seen = history.seen;
  if (const auto last = place(history, version->id))
    return *last + 1 < seen.size() ? superseded(history, *last, now) : not_behind(false);
  for (const Abandoned& each : history.abandoned)
    if (each.id == version->id) return taken_back(history, each.restored, now);
  const bool ordered = version->order && seen.back().version.order;
  return ordered ? between(history, *version->order, now) : unknown(Reason::version_unknown);
}

}  // namespace mw
