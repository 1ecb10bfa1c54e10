// State of all mirrors: applying findings, and judging everything for a snapshot.
#include "probes/store.hpp"

#include <algorithm>

namespace mw {

namespace {

constexpr std::size_t kMostRuns = 4096;
constexpr Duration kLongestWindow = std::chrono::hours(1);

/// Whether what was learned of a mirror still means the same.
bool same_meaning(const Pool& a, const Pool& b) {
  return a.ecosystem == b.ecosystem && a.options == b.options && a.canaries == b.canaries && a.http == b.http &&
         a.resolvers == b.resolvers;
}

std::vector<Mirror> references_of(const Pool& pool) {
  std::vector<Mirror> references;
  std::copy_if(pool.mirrors.begin(), pool.mirrors.end(), std::back_inserter(references),
               [](const Mirror& m) { return m.reference; });
  return references;
}

bool same_feed(const Pool& a, const Pool& b) { return same_meaning(a, b) && references_of(a) == references_of(b); }

void remember_run(std::deque<Run>& runs, const Finding& finding) {
  if (finding.failure && finding.failure->reason == Reason::local_resource) return;
  runs.push_back({finding.at, finding.check, finding.failure.has_value()});
  while (runs.size() > kMostRuns || runs.front().at + kLongestWindow < finding.at) runs.pop_front();
}

void drop_unconfigured(std::map<CheckKind, CheckState>& checks, const std::vector<CheckKind>& configured) {
  std::erase_if(checks, [&](const auto& entry) {
    return std::find(configured.begin(), configured.end(), entry.first) == configured.end();
  });
}

/// Settled as failed at or below its own evidence; an expired reference can still be compared with.
bool unreadable(const std::map<CheckKind, CheckState>& checks) {
  const auto found = checks.find(CheckKind::freshness);
  return found != checks.end() && found->second.settled && found->second.settled->layer != Layer::freshness;
}

/// Another state, layer or reason; the wording alone is not news.
bool is_news(const Verdict& before, const Verdict& after) {
  if (before.state != after.state || before.failure.has_value() != after.failure.has_value()) return true;
  return after.failure &&
         (before.failure->layer != after.failure->layer || before.failure->reason != after.failure->reason);
}

struct Sighting {
  std::optional<Version> version;
  SysTime at{};         ///< the moment that the version speaks for
  SysTime looked_at{};  ///< when it was read
};

/// What the mirror serves, and when we know that of. After a look that could not tell, it may have changed since:
/// what is known is how far behind it was when it was last seen, and a growing lag would be a guess.
Sighting sighting_of(const std::map<CheckKind, CheckState>& checks, SysTime now) {
  const auto found = checks.find(CheckKind::freshness);
  if (found == checks.end()) return {};
  const CheckState& state = found->second;
  if (state.last && state.last->version) return {state.last->version, now, state.last->at};
  if (state.last_good) return {state.last_good->version, state.last_good->at, state.last_good->at};
  return {};
}

/// A mirror may be read before the reference that it has just copied: until the reference has been read again,
/// a version that is new to us says nothing, and the last comparison stands.
bool is_too_early(const Lag& lag, const History& history, const Sighting& sighting) {
  return !lag.known && lag.why == Reason::version_unknown && history.seen.back().last_seen < sighting.looked_at;
}

}  // namespace

void Store::configure(const std::vector<std::shared_ptr<const Pool>>& pools, SysTime now) {
  std::map<MirrorKey, MirrorState> kept;
  std::map<std::string, History> histories;
  for (const auto& pool : pools) {
    for (const Mirror& mirror : pool->mirrors) {
      const MirrorKey key{pool->name, mirror.name};
      const auto old = mirrors_.find(key);
      MirrorState state;
      state.since = now;
      if (old != mirrors_.end() && *old->second.mirror == mirror && same_meaning(*old->second.pool, *pool))
        state = std::move(old->second);
      state.pool = pool;
      state.mirror = std::shared_ptr<const Mirror>(pool, &mirror);
      state.view = nullptr;
      drop_unconfigured(state.checks, pool->checks);
      kept.emplace(key, std::move(state));
    }
    const auto before =
        std::find_if(pools_.begin(), pools_.end(), [&](const auto& p) { return p->name == pool->name; });
    if (before != pools_.end() && same_feed(**before, *pool)) histories[pool->name] = std::move(histories_[pool->name]);
  }
  pools_ = pools;
  mirrors_ = std::move(kept);
  histories_ = std::move(histories);
}

void Store::apply(const MirrorKey& key, Finding finding) {
  const auto found = mirrors_.find(key);
  if (found == mirrors_.end()) return;
  MirrorState& state = found->second;
  state.view = nullptr;
  remember_run(state.runs, finding);
  const bool tells_version = finding.check == CheckKind::freshness && finding.version.has_value();
  const auto version = finding.version;
  const SysTime at = finding.at;
  CheckState& check = state.checks[finding.check];
  check = settle(std::move(check), std::move(finding), *state.pool);
  if (tells_version && state.mirror->reference && acting_reference(*state.pool) == &state) {
    History& history = histories_[key.pool];
    history = observe(std::move(history), *version, at);
  }
}

const CheckState* Store::check(const MirrorKey& key, CheckKind kind) const {
  const auto mirror = mirrors_.find(key);
  if (mirror == mirrors_.end()) return nullptr;
  const auto check = mirror->second.checks.find(kind);
  return check == mirror->second.checks.end() ? nullptr : &check->second;
}

/// The first reference that can be read, else the first; nullptr when the pool has none.
const Store::MirrorState* Store::acting_reference(const Pool& pool) const {
  const MirrorState* first = nullptr;
  for (const Mirror& mirror : pool.mirrors) {
    if (!mirror.reference) continue;
    const MirrorState& state = mirrors_.at({pool.name, mirror.name});
    if (!unreadable(state.checks)) return &state;
    if (first == nullptr) first = &state;
  }
  return first;
}

Evidence Store::evidence_of(const MirrorState& state, const MirrorState* reference, SysTime now) const {
  Evidence evidence;
  evidence.checks = &state.checks;
  evidence.is_reference = state.mirror->reference;
  const auto history = histories_.find(state.pool->name);
  evidence.reference_known = history != histories_.end() && !history->second.seen.empty();
  evidence.reference_down = reference != nullptr && unreadable(reference->checks);
  evidence.lag.why = Reason::reference_down;
  if (history == histories_.end()) return evidence;
  const Sighting sighting = sighting_of(state.checks, now);
  evidence.lag = lag_of(history->second, sighting.version, sighting.at);
  if (state.lag.known && is_too_early(evidence.lag, history->second, sighting)) evidence.lag = state.lag;
  return evidence;
}

/// A view is made anew only when it would differ: most mirrors are as they were a moment ago.
std::shared_ptr<const MirrorView> Store::view_of(MirrorState& state, const MirrorState* reference, SysTime now,
                                                 std::vector<VerdictChange>& changes) const {
  const Evidence evidence = evidence_of(state, reference, now);
  Verdict verdict = judge(evidence);
  if (state.view && state.view->verdict == verdict && state.view->lag == evidence.lag) return state.view;
  if (is_news(state.verdict, verdict))
    changes.push_back({{state.pool->name, state.mirror->name}, state.verdict, verdict});
  if (verdict.state != state.verdict.state) state.since = now;
  state.verdict = std::move(verdict);
  state.lag = evidence.lag;
  state.view = std::make_shared<const MirrorView>(MirrorView{state.pool,
                                                             state.mirror,
                                                             state.checks,
                                                             state.verdict,
                                                             state.since,
                                                             evidence.lag,
                                                             {state.runs.begin(), state.runs.end()}});
  return state.view;
}

std::shared_ptr<const Snapshot> Store::publish(SysTime now, std::vector<VerdictChange>& changes) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->at = now;
  for (const auto& pool : pools_) {
    const MirrorState* reference = acting_reference(*pool);
    const auto history = histories_.find(pool->name);
    const bool seen = history != histories_.end() && !history->second.seen.empty();
    snapshot->pools.push_back(
        {pool, seen && reference != nullptr && !unreadable(reference->checks), seen ? history->second.regressions : 0});
    for (const Mirror& mirror : pool->mirrors) {
      snapshot->mirrors.push_back(view_of(mirrors_.at({pool->name, mirror.name}), reference, now, changes));
    }
  }
  return snapshot;
}

}  // namespace mw
