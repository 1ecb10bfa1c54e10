// Taking a signal's value from a snapshot, and comparing it.
#include "alerts/measure.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "probes/duration.hpp"
#include "probes/last_known.hpp"

namespace mw {

namespace {

constexpr std::uint64_t kLeastBody = 64 * 1024;  ///< smaller ones arrive in one go and tell nothing of throughput

/// What is known of a value: nothing, or that it lies between the two.
struct Range {
  double low = 0;
  double high = 0;
};
using Known = std::optional<Range>;

Known exactly(double value) { return Range{value, value}; }
Known exactly(std::optional<double> value) { return value ? exactly(*value) : std::nullopt; }

// ---- mirrors ------------------------------------------------------------------------------------------------

std::optional<double> seconds_until(const std::optional<SysTime>& then, SysTime now) {
  if (!then) return std::nullopt;
  return seconds(*then - now);
}

std::optional<double> lag_of(const MirrorView& view) {
  if (!view.lag.known || view.verdict.state == State::unknown) return std::nullopt;
  return seconds(view.lag.lower);
}

std::optional<double> stale_ratio_of(const MirrorView& view) {
  return view.verdict.state == State::unknown ? std::nullopt : stale_ratio(view.feeds);
}

std::optional<double> error_ratio_of(const MirrorView& view, const Condition& condition, SysTime now) {
  const ErrorRatio ratio = error_ratio(view, condition.window, now);
  return ratio.known ? std::optional(ratio.value) : std::nullopt;
}

/// Of the check with the most failures among its last runs, or its runs in the window. Where fewer runs are known than
/// are asked for, the missing ones may have failed or not.
Known failures_of(const MirrorView& view, const Condition& condition, SysTime now) {
  std::array<int, std::size(kCheckKinds)> seen{};
  std::array<int, std::size(kCheckKinds)> failed{};
  for (auto run = view.runs.rbegin(); run != view.runs.rend(); ++run) {
    const auto kind = static_cast<std::size_t>(run->check);
    const bool counts = condition.runs > 0 ? seen.at(kind) < condition.runs : run->at + condition.window >= now;
    if (!counts) continue;
    ++seen.at(kind);
    failed.at(kind) += run->failed ? 1 : 0;
  }
  if (std::all_of(seen.begin(), seen.end(), [](int runs) { return runs == 0; })) return std::nullopt;
  Range range;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const int missing = condition.runs > 0 && seen.at(i) > 0 ? condition.runs - seen.at(i) : 0;
    range.low = std::max<double>(range.low, failed.at(i));
    range.high = std::max<double>(range.high, failed.at(i) + missing);
  }
  return range;
}

/// Nearest rank, of the good http checks in the window.
std::optional<double> latency_of(const MirrorView& view, double quantile, const Condition& condition, SysTime now) {
  std::vector<double> took;
  for (const Run& run : view.runs)
    if (run.check == CheckKind::http && !run.failed && run.at + condition.window >= now)
      took.push_back(seconds(run.took));
  if (took.empty()) return std::nullopt;
  std::sort(took.begin(), took.end());
  const auto rank = static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(took.size())));
  return took.at(std::max<std::size_t>(rank, 1) - 1);
}

std::optional<double> throughput_of(const MirrorView& view) {
  const auto found = view.checks.find(CheckKind::http);
  if (found == view.checks.end() || !found->second.last_good) return std::nullopt;
  const Finding& good = *found->second.last_good;
  if (!good.http || good.http->body_bytes < kLeastBody || !good.timings.transfer) return std::nullopt;
  const double took = seconds(*good.timings.transfer);
  return took > 0 ? std::optional(static_cast<double>(good.http->body_bytes) / took) : std::nullopt;
}

std::optional<double> verdict_is(const MirrorView& view, State state) {
  if (view.verdict.state == State::unknown) return std::nullopt;
  return view.verdict.state == state ? 1 : 0;
}

std::optional<double> fails_by(const MirrorView& view, std::initializer_list<Reason> reasons) {
  if (view.verdict.state == State::unknown) return std::nullopt;
  const auto& failure = view.verdict.failure;
  return failure && std::find(reasons.begin(), reasons.end(), failure->reason) != reasons.end() ? 1 : 0;
}

std::optional<double> mirror_value(const Condition& condition, const MirrorView& view, SysTime now) {
  switch (condition.signal) {
    case Signal::sync_lag:
      return lag_of(view);
    case Signal::stale_ratio:
      return stale_ratio_of(view);
    case Signal::error_ratio:
      return error_ratio_of(view, condition, now);
    case Signal::latency_p50:
      return latency_of(view, 0.5, condition, now);
    case Signal::latency_p95:
      return latency_of(view, 0.95, condition, now);
    case Signal::latency_p99:
      return latency_of(view, 0.99, condition, now);
    case Signal::throughput:
      return throughput_of(view);
    case Signal::cert_expires_in:
      return seconds_until(last_known_certificate<&Certificate::chain_not_after>(view), now);
    case Signal::metadata_expires_in:
      return seconds_until(last_known_metadata(view, [](const Finding& f) { return f.valid_until; }), now);
    case Signal::stale:
      return verdict_is(view, State::stale);
    case Signal::corrupt:
      return verdict_is(view, State::corrupt);
    case Signal::down:
      return verdict_is(view, State::down);
    case Signal::unknown:
      return view.verdict.state == State::unknown ? 1 : 0;
    case Signal::checksum_mismatch:
      return fails_by(view, {Reason::checksum, Reason::size_mismatch, Reason::changed});
    case Signal::inconsistent:
      return fails_by(view, {Reason::inconsistent});
    default:
      return std::nullopt;
  }
}

// ---- pools and the agent ------------------------------------------------------------------------------------

/// Mirrors without a verdict may be anything.
Known pool_count(int counted, const Condition& condition, const PoolCounts& counts) {
  if (counts.mirrors == 0) return std::nullopt;
  const double all = condition.of_all ? counts.mirrors : 1;
  return Range{counted / all, (counted + counts.unknown) / all};
}

bool looked_at(const MirrorView& view) {
  const auto found = view.checks.find(CheckKind::freshness);
  return found != view.checks.end() && found->second.last != nullptr;
}

/// Not known before each reference was looked at, nor while our own network may be down.
std::optional<double> upstream_down(const Snapshot& snapshot, const PoolView& pool) {
  if (pool.reference_up) return 0;
  bool any = false;
  for (const auto& view : snapshot.mirrors) {
    if (!view->mirror->reference || view->pool != pool.pool) continue;
    if (!looked_at(*view)) return std::nullopt;
    any = true;
  }
  return any && !snapshot.self_fault ? std::optional(1.0) : std::nullopt;
}

Known pool_value(const Condition& condition, const Subject& subject) {
  if (subject.counts == nullptr || subject.pool == nullptr) return std::nullopt;
  switch (condition.signal) {
    case Signal::pool_fresh:
      return pool_count(subject.counts->fresh, condition, *subject.counts);
    case Signal::pool_stale:
      return pool_count(subject.counts->stale, condition, *subject.counts);
    case Signal::pool_corrupt:
      return pool_count(subject.counts->corrupt, condition, *subject.counts);
    case Signal::pool_down:
      return pool_count(subject.counts->down, condition, *subject.counts);
    default:
      return exactly(upstream_down(*subject.snapshot, *subject.pool));
  }
}

Known value_of(const Condition& condition, const Subject& subject, SysTime now) {
  switch (facts(condition.signal).scope) {
    case Scope::agent:
      return exactly(subject.snapshot->self_fault ? 1 : 0);
    case Scope::pool:
      return pool_value(condition, subject);
    case Scope::mirror:
      break;
  }
  if (subject.mirror == nullptr) return std::nullopt;
  if (condition.signal == Signal::failures) return failures_of(*subject.mirror, condition, now);
  return exactly(mirror_value(condition, *subject.mirror, now));
}

// ---- comparing ----------------------------------------------------------------------------------------------

bool holds(const Condition& condition, double value) {
  if (facts(condition.signal).unit == Unit::flag) return (value != 0) != condition.negated;
  switch (condition.comparison) {
    case Comparison::above:
      return value > condition.threshold;
    case Comparison::at_least:
      return value >= condition.threshold;
    case Comparison::below:
      return value < condition.threshold;
    case Comparison::at_most:
      return value <= condition.threshold;
  }
  return false;
}

Measured measure_one(const Condition& condition, const Subject& subject, SysTime now) {
  const Known value = value_of(condition, subject, now);
  if (!value) return {Truth::unknown, 0, condition};
  const bool low = holds(condition, value->low);
  if (low != holds(condition, value->high)) return {Truth::unknown, value->low, condition};
  return {low ? Truth::yes : Truth::no, value->low, condition};
}

/// The first that holds says more than one that does not, and that more than one nobody knows.
bool tells_more(Truth a, Truth b) {
  const auto rank = [](Truth truth) { return truth == Truth::yes ? 2 : truth == Truth::no ? 1 : 0; };
  return rank(a) > rank(b);
}

Measured measure_row(const std::vector<Condition>& row, const Subject& subject, SysTime now) {
  Measured outcome = measure_one(row.front(), subject, now);
  Truth all = outcome.truth;
  for (std::size_t i = 1; i < row.size(); ++i) {
    const Measured next = measure_one(row[i], subject, now);
    if (next.truth == Truth::no || (next.truth == Truth::unknown && all == Truth::yes)) all = next.truth;
    if (tells_more(next.truth, outcome.truth)) outcome = next;
  }
  outcome.truth = all;
  return outcome;
}

}  // namespace

PoolCounts count_mirrors(const Snapshot& snapshot, const std::string& pool) {
  PoolCounts counts;
  for (const auto& view : snapshot.mirrors) {
    if (view->mirror->reference || view->pool->name != pool) continue;
    ++counts.mirrors;
    const State state = view->verdict.state;
    counts.fresh += state == State::fresh ? 1 : 0;
    counts.stale += state == State::stale ? 1 : 0;
    counts.corrupt += state == State::corrupt ? 1 : 0;
    counts.down += state == State::down ? 1 : 0;
    counts.unknown += state == State::unknown ? 1 : 0;
  }
  return counts;
}

Measured measure(const Expression& expression, const Subject& subject, SysTime now) {
  Measured outcome;
  for (const auto& row : expression.any_of) {
    const Measured next = measure_row(row, subject, now);
    const bool first = &row == expression.any_of.data();
    const bool worse = next.truth == Truth::yes || (next.truth == Truth::unknown && outcome.truth == Truth::no);
    if (first || (worse && outcome.truth != Truth::yes)) outcome = next;
  }
  return outcome;
}

}  // namespace mw
