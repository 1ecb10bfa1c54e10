// The judge: hysteresis per check, and the verdict over all checks. Pure.
#include "probes/judge.hpp"

#include <algorithm>
#include <array>

#include "probes/duration.hpp"

namespace mw {

namespace {

bool contradicts(const CheckState& state, const Finding& finding) {
  return state.settled.has_value() != finding.failure.has_value();
}

bool ours(const Finding& finding) { return finding.failure && finding.failure->reason == Reason::local_resource; }

/// The very first run counts at once: there is nothing to hold on to.
bool enough(const CheckState& state, const Finding& finding, const Pool& pool) {
  return state.runs == 1 || state.streak >= (finding.failure ? pool.fail_after : pool.recover_after);
}

const CheckState* find(const Evidence& evidence, CheckKind kind) {
  const auto found = evidence.checks->find(kind);
  return found == evidence.checks->end() || found->second.runs == 0 ? nullptr : &found->second;
}

/// The settled failure of the lowest layer: what is broken further down explains what fails above it.
std::optional<Failure> lowest_failure(const Evidence& evidence) {
  std::optional<Failure> lowest;
  for (const CheckKind kind : kCheckKinds) {
    const CheckState* state = find(evidence, kind);
    if (state == nullptr || !state->settled) continue;
    if (!lowest || state->settled->layer < lowest->layer) lowest = state->settled;
  }
  return lowest;
}

std::optional<Failure> failure_in(const Evidence& evidence, Layer layer) {
  for (const CheckKind kind : kCheckKinds) {
    const CheckState* state = find(evidence, kind);
    if (state != nullptr && state->settled && state->settled->layer == layer) return state->settled;
  }
  return std::nullopt;
}

Failure lagging(const Lag& lag) {
  std::string detail = "superseded " + format_duration(lag.lower);
  detail +=
      lag.upper ? " ago, at most " + format_duration(*lag.upper) : " ago or longer: older than anything seen upstream";
  return {Layer::freshness, Reason::stale, detail};
}

Verdict unknown_because(Reason reason, std::string detail) {
  return {State::unknown, Failure{Layer::freshness, reason, std::move(detail)}};
}

/// What the mirror's own words prove, without anything to compare with.
bool is_old(Reason reason) {
  return reason == Reason::metadata_expired || reason == Reason::half_synced || reason == Reason::rollback;
}

/// Failures that a dead network of ours would look like.
bool may_be_ours(const Failure& failure) {
  return failure.layer <= Layer::connect || failure.reason == Reason::timeout;
}

/// Whether every failure that counts is of a time when our own network was suspected.
bool failed_in_self_fault(const Evidence& evidence) {
  if (!evidence.self_fault_until) return false;
  return std::all_of(evidence.checks->begin(), evidence.checks->end(), [&](const auto& entry) {
    return !entry.second.settled || entry.second.last_failed_at <= *evidence.self_fault_until;
  });
}

Verdict judge_lag(const Evidence& evidence) {
  if (evidence.inconsistent) return {State::stale, evidence.inconsistent};
  if (!evidence.lag.known)
    return unknown_because(evidence.lag.why, "serves a version the reference was never seen to serve");
  if (evidence.lag.lower > evidence.grace) return {State::stale, lagging(evidence.lag)};
  return {State::fresh};
}

Verdict judge_freshness(const Evidence& evidence) {
  if (const auto failure = failure_in(evidence, Layer::freshness))
    return {is_old(failure->reason) ? State::stale : State::unknown, failure};
  if (find(evidence, CheckKind::freshness) == nullptr)
    return unknown_because(Reason::not_checked_yet, "freshness has not been looked at yet");
  if (evidence.is_reference) return {State::fresh};
  if (evidence.undecided)
    return unknown_because(Reason::quorum_undecided, "the references serve different versions, none of them enough");
  if (evidence.reference_down)
    return unknown_because(Reason::reference_down, "the reference cannot be read, so nothing can be compared with it");
  if (!evidence.reference_known) return unknown_because(Reason::not_checked_yet, "the reference has not been read yet");
  return judge_lag(evidence);
}

}  // namespace

std::string_view name(State state) {
  constexpr std::array kNames = {"fresh", "stale", "corrupt", "down", "unknown"};
  return kNames.at(static_cast<std::size_t>(state));
}

Finding trace_of(const Finding& finding) {
  constexpr std::size_t kMostAddresses = 32;
  constexpr std::size_t kLongestDetail = 1024;
  Finding trace;
  trace.check = finding.check;
  trace.at = finding.at;
  trace.took = finding.took;
  trace.failure = finding.failure;
  if (trace.failure) trace.failure->detail = printable(trace.failure->detail, kLongestDetail);
  trace.timings = finding.timings;
  for (const AddressLook& look : finding.addresses) {
    if (trace.addresses.size() == kMostAddresses) break;
    trace.addresses.push_back({look.address, look.failure, look.timings});
    auto& failure = trace.addresses.back().failure;
    if (failure) failure->detail = printable(failure->detail, kLongestDetail);
  }
  trace.certificate = finding.certificate;
  trace.http = finding.http;
  trace.traffic = finding.traffic;
  return trace;
}

CheckState settle(CheckState state, Finding finding, const Pool& pool) {
  ++state.runs;
  state.traffic += finding.traffic;
  state.traffic.retry_after = finding.traffic.retry_after;
  if (finding.failure) ++state.failures;
  if (!ours(finding)) {
    if (finding.failure) state.last_failed_at = finding.at;
    if (finding.failure) state.last_failed = std::make_shared<const Finding>(trace_of(finding));
    state.streak = contradicts(state, finding) ? state.streak + 1 : 0;
    const bool news = state.streak > 0 && enough(state, finding, pool);
    const bool same_kind = state.settled && finding.failure;
    if (news || same_kind) state.settled = finding.failure;
    if (news) state.streak = 0;
  }
  state.last = std::make_shared<const Finding>(std::move(finding));
  if (!state.last->failure) state.last_good = state.last;
  return state;
}

Verdict judge(const Evidence& evidence) {
  const auto lowest = lowest_failure(evidence);
  if (lowest && may_be_ours(*lowest) && failed_in_self_fault(evidence))
    return {State::unknown, Failure{lowest->layer, Reason::local_resource,
                                    "most mirrors failed at once, so our own network is suspected: " + lowest->detail}};
  // Whoever asks us to come less often is not down; what it serves cannot be said meanwhile.
  const bool throttled = lowest && lowest->reason == Reason::rate_limited;
  if (lowest && !throttled && lowest->layer < Layer::freshness) return {State::down, lowest};
  if (const auto broken = failure_in(evidence, Layer::integrity)) return {State::corrupt, broken};
  if (evidence.dissent) return {State::corrupt, evidence.dissent};
  if (throttled) return {State::unknown, lowest};
  return judge_freshness(evidence);
}

}  // namespace mw
