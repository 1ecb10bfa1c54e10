// The table of signals. Pure data.
#include <algorithm>

#include "alerts/condition.hpp"

namespace mw {

const std::vector<SignalFacts>& signals() {
  using enum Unit;
  constexpr Scope kMirror = Scope::mirror;
  constexpr Scope kPool = Scope::pool;
  static const std::vector<SignalFacts> all = {
      {Signal::sync_lag, "sync_lag", duration, kMirror, Window::none, "how long the mirror is behind, at least"},
      {Signal::stale_ratio, "stale_ratio", ratio, kMirror, Window::none,
       "share of the parts looked at that are behind"},
      {Signal::error_ratio, "error_ratio", ratio, kMirror, Window::time,
       "share of failed runs of the mirror's worst check"},
      {Signal::failures, "failures", number, kMirror, Window::time_or_runs,
       "failed runs of the mirror's worst check; failures[5] >= 3 is three of the last five"},
      {Signal::latency_p50, "latency_p50", duration, kMirror, Window::time, "median time of good http checks"},
      {Signal::latency_p95, "latency_p95", duration, kMirror, Window::time, "95th percentile of the same"},
      {Signal::latency_p99, "latency_p99", duration, kMirror, Window::time, "99th percentile of the same"},
      {Signal::throughput, "throughput", rate, kMirror, Window::none,
       "bytes per second of the last good http check's body, if that has 64 KiB or more"},
      {Signal::cert_expires_in, "cert_expires_in", duration, kMirror, Window::none,
       "time left to the first certificate of the chain that the mirror shows"},
      {Signal::metadata_expires_in, "metadata_expires_in", duration, kMirror, Window::none,
       "time left to the signed metadata, by its own word"},
      {Signal::stale, "stale", flag, kMirror, Window::none, "the verdict is stale"},
      {Signal::corrupt, "corrupt", flag, kMirror, Window::none, "the verdict is corrupt"},
      {Signal::down, "down", flag, kMirror, Window::none, "the verdict is down"},
      {Signal::unknown, "unknown", flag, kMirror, Window::none, "there is no verdict"},
      {Signal::checksum_mismatch, "checksum_mismatch", flag, kMirror, Window::none,
       "corrupt because bytes are not what they should be"},
      {Signal::inconsistent, "inconsistent", flag, kMirror, Window::none,
       "the addresses behind the mirror's name serve different versions"},
      {Signal::pool_fresh, "pool_fresh", share, kPool, Window::none, "mirrors of the pool that are fresh"},
      {Signal::pool_stale, "pool_stale", share, kPool, Window::none, "… that are stale"},
      {Signal::pool_corrupt, "pool_corrupt", share, kPool, Window::none, "… that are corrupt"},
      {Signal::pool_down, "pool_down", share, kPool, Window::none, "… that are down"},
      {Signal::upstream_down, "upstream_down", flag, kPool, Window::none, "no reference of the pool answers"},
      {Signal::self_fault, "self_fault", flag, Scope::agent, Window::none,
       "the agent's own network is suspected to be down"},
  };
  return all;
}

const SignalFacts& facts(Signal signal) { return signals().at(static_cast<std::size_t>(signal)); }

std::string_view name(Signal signal) { return facts(signal).name; }

Scope scope_of(const Expression& expression) {
  Scope narrowest = Scope::agent;
  for (const auto& row : expression.any_of)
    for (const Condition& condition : row) narrowest = std::max(narrowest, facts(condition.signal).scope);
  return narrowest;
}

}  // namespace mw
