// State of all mirrors: applying findings, and judging everything for a snapshot. Records are in store_records.cpp.
#include "probes/store.hpp"

#include <algorithm>

#include "probes/quorum.hpp"
#include "probes/self_fault.hpp"
#include "probes/tiers.hpp"

namespace mw {

namespace {

constexpr std::size_t kMostRuns = 4096;
constexpr std::size_t kLeastRuns = 60;  ///< the last ten of each check, however long ago
constexpr Duration kLongestWindow = std::chrono::hours(1);
constexpr std::size_t kMostRemembered = 256;
constexpr std::size_t kLongestRemembered = 64 * 1024;

/// Whether what was learned of a mirror still means the same.
bool same_meaning(const Pool& a, const Pool& b) {
  return a.ecosystem == b.ecosystem && a.options == b.options && a.canaries == b.canaries && a.sample == b.sample &&
         a.http == b.http && a.resolvers == b.resolvers;
}

std::vector<Mirror> references_of(const Pool& pool) {
  std::vector<Mirror> references;
  std::copy_if(pool.mirrors.begin(), pool.mirrors.end(), std::back_inserter(references),
               [](const Mirror& m) { return m.reference; });
  return references;
}

bool same_feeds(const Pool& a, const Pool& b) {
  return same_meaning(a, b) && a.quorum == b.quorum && references_of(a) == references_of(b);
}

std::set<std::string> reference_names(const Pool& pool) {
  std::set<std::string> names;
  for (const Mirror& reference : references_of(pool)) names.insert(reference.name);
  return names;
}

void remember_run(std::deque<Run>& runs, const Finding& finding) {
  if (finding.failure && finding.failure->reason == Reason::local_resource) return;
  runs.push_back({finding.at, finding.check, finding.failure.has_value(), finding.took});
  const auto too_old = [&](const Run& run) { return run.at + kLongestWindow < finding.at; };
  while (runs.size() > kMostRuns || (runs.size() > kLeastRuns && too_old(runs.front()))) runs.pop_front();
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

/// Bounded: what an ecosystem wants remembered may come from a mirror's words.
Remembered merged(const Remembered& before, const std::map<std::string, std::string>& news) {
  if (news.empty()) return before;
  auto after = std::make_shared<std::map<std::string, std::string>>(*before);
  for (const auto& [key, value] : news) {
    const bool fits = value.size() <= kLongestRemembered && (after->contains(key) || after->size() < kMostRemembered);
    if (fits) (*after)[key] = value;
  }
  return after;
}

/// How the latest look that went over the wire ended.
std::optional<Encounter> encounter_in(const std::map<CheckKind, CheckState>& checks, const Mirror& mirror) {
  const Finding* latest = nullptr;
  for (const auto& [kind, state] : checks)
    if (kind != CheckKind::dns && state.last && (latest == nullptr || state.last->at >= latest->at))
      latest = &*state.last;
  if (latest == nullptr) return std::nullopt;
  const auto& failure = latest->failure;
  const bool unreachable = failure && (failure->layer <= Layer::connect || failure->reason == Reason::timeout);
  return Encounter{mirror.url.host, unreachable};
}

}  // namespace

void Store::configure(const std::vector<std::shared_ptr<const Pool>>& pools, SysTime now) {
  std::map<MirrorKey, MirrorState> kept;
  std::vector<PoolState> states;
  for (const auto& pool : pools) {
    std::vector<MirrorState*> members;
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
      members.push_back(&kept.emplace(key, std::move(state)).first->second);
    }
    PoolState state;
    if (PoolState* before = find_pool(pool->name); before != nullptr && same_feeds(*before->pool, *pool))
      state = std::move(*before);
    state.pool = pool;
    state.mirrors = std::move(members);
    state.references = reference_names(*pool);
    states.push_back(std::move(state));
  }
  pools_ = std::move(states);
  mirrors_ = std::move(kept);
}

Store::PoolState* Store::find_pool(const std::string& name) {
  const auto found =
      std::find_if(pools_.begin(), pools_.end(), [&](const PoolState& p) { return p.pool && p.pool->name == name; });
  return found == pools_.end() ? nullptr : &*found;
}

const Store::PoolState* Store::find_pool(const std::string& name) const {
  return const_cast<Store*>(this)->find_pool(name);
}

void Store::apply(const MirrorKey& key, Finding finding) {
  const auto found = mirrors_.find(key);
  if (found == mirrors_.end()) return;
  MirrorState& state = found->second;
  PoolState& pool = *find_pool(key.pool);
  state.view = nullptr;
  state.changed = true;
  remember_run(state.runs, finding);
  state.remembered = merged(state.remembered, finding.remember);
  pool.artefacts = record(std::move(pool.artefacts), key.mirror, finding.artefacts, finding.at);
  for (const Artefact& artefact : finding.artefacts) pool.changed_artefacts.insert(artefact.name);
  const bool tells = finding.check == CheckKind::freshness;
  const auto versions = tells ? versions_of(finding.version, finding.feeds) : Versions();
  const SysTime at = finding.at;
  if (tells) note_versions(pool, state, versions, at);
  CheckState& check = state.checks[finding.check];
  check = settle(std::move(check), std::move(finding), *state.pool);
  if (tells) note_upstream(pool, state, versions, at);
}

/// What this mirror serves now, part by part.
void Store::note_versions(PoolState& pool, MirrorState& state, const Versions& versions, SysTime at) {
  for (const auto& [feed, version] : versions) {
    const auto before = state.sightings.find(feed);
    const auto history = pool.histories.find(feed);
    const bool back =
        before != state.sightings.end() &&
        went_backwards(before->second.version, version, history == pool.histories.end() ? nullptr : &history->second);
    if (back) ++state.version_regressions;
    state.sightings[feed] = {version, at};
  }
  state.told = versions.empty() ? std::nullopt : std::optional(at);
}

/// What the upstream serves now, if this look can say: the acting reference alone, or enough votes.
void Store::note_upstream(PoolState& pool, const MirrorState& state, const Versions& versions, SysTime at) {
  const bool alone = pool.pool->quorum <= 1;
  if (alone && (!state.mirror->reference || acting_reference(*pool.pool) != &state)) return;
  if (!alone && !pool.references.empty() && !state.mirror->reference) return;
  for (const auto& [feed, version] : versions) {
    History& history = pool.histories[feed];
    const auto upstream = alone ? std::optional(version) : elect(votes(pool, feed), pool.pool->quorum, history);
    pool.undecided = !upstream;
    if (!upstream) continue;
    const bool same = !history.seen.empty() && history.seen.back().version.id == upstream->id;
    history = observe(std::move(history), *upstream, at);
    pool.changed_feeds.insert(feed);
    if (!same) pool.changed_pasts.insert(feed);
  }
}

/// The references', or where there are none, all mirrors'; of those that could be read when last looked at.
std::vector<Version> Store::votes(const PoolState& pool, const std::string& feed) const {
  std::vector<Version> votes;
  for (const Mirror& mirror : pool.pool->mirrors) {
    if (!pool.references.empty() && !mirror.reference) continue;
    const MirrorState& state = mirrors_.at({pool.pool->name, mirror.name});
    const auto sighting = state.sightings.find(feed);
    if (sighting != state.sightings.end() && !unreadable(state.checks)) votes.push_back(sighting->second.version);
  }
  return votes;
}

const CheckState* Store::check(const MirrorKey& key, CheckKind kind) const {
  const auto mirror = mirrors_.find(key);
  if (mirror == mirrors_.end()) return nullptr;
  const auto check = mirror->second.checks.find(kind);
  return check == mirror->second.checks.end() ? nullptr : &check->second;
}

Remembered Store::remembered(const MirrorKey& key) const {
  const auto found = mirrors_.find(key);
  return found == mirrors_.end() ? nothing_remembered() : found->second.remembered;
}

Remembered Store::reference_remembered(const std::string& name) const {
  const PoolState* pool = find_pool(name);
  const MirrorState* reference = pool == nullptr ? nullptr : acting_reference(*pool->pool);
  return reference == nullptr ? nothing_remembered() : reference->remembered;
}

/// The first reference that can be read, else the first; nullptr when the pool has none.
const Store::MirrorState* Store::acting_reference(const Pool& pool) const {
  const MirrorState* first = nullptr;
  for (const Mirror& mirror : pool.mirrors) {
    if (!mirror.reference) break;  // references come first
    const MirrorState& state = mirrors_.at({pool.name, mirror.name});
    if (!unreadable(state.checks)) return &state;
    if (first == nullptr) first = &state;
  }
  return first;
}

bool Store::reference_down(const PoolState& pool) const {
  std::size_t readable = 0;
  for (const std::string& name : pool.references)
    if (!unreadable(mirrors_.at({pool.pool->name, name}).checks)) ++readable;
  return !pool.references.empty() && readable < std::max<std::size_t>(pool.pool->quorum, 1);
}

bool Store::self_fault(SysTime now) const {
  if (!suspected_) return false;
  return !controls_answered_ || now - *controls_answered_ >= kControlsHold || now < *controls_answered_;
}

bool Store::cannot_reach_most() const {
  std::vector<Encounter> outcomes;
  for (const auto& [key, state] : mirrors_)
    if (auto outcome = encounter_in(state.checks, *state.mirror)) outcomes.push_back(std::move(*outcome));
  return mw::suspects_self_fault(outcomes);
}

/// Failures of ours must not count in a mirror's error ratio, then or later.
void Store::forget_runs_of_self_fault() {
  for (auto& [key, state] : mirrors_) {
    const Duration interval = state.pool->interval;
    const auto forgotten = std::erase_if(
        state.runs, [&](const Run& run) { return run.failed && run.at + interval >= *self_fault_since_; });
    if (forgotten > 0) state.view = nullptr;
  }
}

namespace {

/// The worst of the parts and of the addresses; when nothing can be compared, why.
Lag worst_lag(const std::vector<FeedLag>& lags, const std::vector<AddressLag>& addresses, bool upstream_known) {
  std::vector<FeedLag> all = lags;
  for (const AddressLag& each : addresses) all.push_back({"", each.lag});
  Lag lag = overall(all);
  if (all.empty()) lag.why = upstream_known ? Reason::not_checked_yet : Reason::reference_down;
  return lag;
}

}  // namespace

Store::Judged Store::judged(const PoolState& pool, MirrorState& state, SysTime now) const {
  const bool known = std::any_of(pool.histories.begin(), pool.histories.end(),
                                 [](const auto& entry) { return !entry.second.seen.empty(); });
  Judged judged;
  judged.state = &state;
  judged.lags = lags_of(state.sightings, pool.histories, state.lags, {state.told, now});
  const auto freshness = state.checks.find(CheckKind::freshness);
  if (freshness != state.checks.end() && freshness->second.last)
    judged.addresses = address_lags(*freshness->second.last, pool.histories, state.addresses, {state.told, now});
  judged.lag = worst_lag(judged.lags, judged.addresses, known);
  Evidence evidence;
  evidence.checks = &state.checks;
  evidence.lag = judged.lag;
  evidence.inconsistent = inconsistency(judged.addresses);
  evidence.dissent = dissent(pool.artefacts, state.mirror->name, pool.references);
  evidence.grace = pool.pool->grace;
  evidence.self_fault_until = self_fault_until_;
  evidence.undecided = pool.undecided;
  evidence.reference_known = known;
  evidence.reference_down = reference_down(pool);
  evidence.is_reference = state.mirror->reference && pool.pool->quorum <= 1;
  judged.verdict = judge(evidence);
  return judged;
}

/// Judged together, because blame goes up the chain of parents.
std::vector<Store::Judged> Store::judged_pool(const PoolState& pool, SysTime now) {
  std::vector<Judged> all;
  all.reserve(pool.mirrors.size());
  for (MirrorState* state : pool.mirrors) all.push_back(judged(pool, *state, now));
  std::map<std::string, Tier> behind;  // who is not, ends a chain
  for (const Judged& each : all)
    if (each.verdict.state == State::stale) behind[each.state->mirror->name] = {each.state->mirror->parent, true};
  for (Judged& each : all)
    if (each.verdict.state == State::stale) each.verdict.blame = to_blame(behind, each.state->mirror->name);
  return all;
}

/// A view is made anew only when it would differ: most mirrors are as they were a moment ago.
std::shared_ptr<const MirrorView> Store::view_of(Judged& judged, SysTime now,
                                                 std::vector<VerdictChange>& changes) const {
  MirrorState& state = *judged.state;
  const auto& view = state.view;
  const bool same = view && view->verdict == judged.verdict && view->lag == judged.lag && view->feeds == judged.lags &&
                    view->addresses == judged.addresses;
  if (same) return view;
  if (is_news(state.verdict, judged.verdict))
    changes.push_back({{state.pool->name, state.mirror->name}, state.verdict, judged.verdict});
  if (judged.verdict.state != state.verdict.state) {
    state.since = now;
    state.changed = true;
  }
  state.verdict = std::move(judged.verdict);
  state.lags = judged.lags;
  state.addresses = judged.addresses;
  MirrorView made{state.pool, state.mirror, state.checks, state.verdict, state.since, judged.lag, {}};
  made.runs.assign(state.runs.begin(), state.runs.end());
  made.feeds = std::move(judged.lags);
  made.addresses = std::move(judged.addresses);
  made.version_regressions = state.version_regressions;
  state.view = std::make_shared<const MirrorView>(std::move(made));
  return state.view;
}

std::shared_ptr<const Snapshot> Store::publish(SysTime now, std::vector<VerdictChange>& changes) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->at = now;
  suspected_ = cannot_reach_most();
  snapshot->self_fault = self_fault(now);
  if (snapshot->self_fault) {
    if (!self_fault_since_) self_fault_since_ = now;
    self_fault_until_ = now;
    forget_runs_of_self_fault();
  } else {
    self_fault_since_.reset();
  }
  for (const PoolState& pool : pools_) {
    std::uint64_t regressions = 0;
    for (const auto& [feed, history] : pool.histories) regressions += history.regressions;
    snapshot->pools.push_back({pool.pool, !pool.histories.empty() && !reference_down(pool), regressions});
    for (Judged& each : judged_pool(pool, now)) snapshot->mirrors.push_back(view_of(each, now, changes));
  }
  return snapshot;
}

}  // namespace mw
