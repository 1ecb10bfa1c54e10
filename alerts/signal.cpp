// The table of signals. Pure data.
#include <algorithm>

#include "alerts/condition.hpp"
#include "alerts/promql.hpp"

namespace mw {

namespace {

// ---- how Prometheus is asked --------------------------------------------------------------------------------

PromqlForm gauge(const std::string& value, const std::string& remark = "") {
  return {.value = value, .remark = remark};
}

/// Said of a mirror only while there is a verdict on it.
PromqlForm judged(const std::string& metric) {
  return {.value = "(" + metric + " unless on ($mirror) mirror_verdict{verdict=\"unknown\"} == 1)"};
}

PromqlForm time_left(const std::string& metric) { return {.value = "(" + metric + " - time())"}; }

PromqlForm verdict(const std::string& state) {
  return {.yes = "max without (verdict) (mirror_verdict{verdict=\"" + state + "\"} == 1)",
          .no = "max without (verdict) (mirror_verdict{verdict!~\"" + state + "|unknown\"} == 1)"};
}

PromqlForm no_verdict() {
  return {.yes = "max without (verdict) (mirror_verdict{verdict=\"unknown\"} == 1)",
          .no = "max without (verdict) (mirror_verdict{verdict=\"unknown\"} == 0)"};
}

PromqlForm fails_by(std::initializer_list<Reason> reasons) {
  std::string names;
  for (const Reason reason : reasons) names += (names.empty() ? "" : "|") + std::string(name(reason));
  const std::string failure = "mirror_failure{reason=~\"" + names + "\"}";
  return {.yes = "max without (layer, reason) (" + failure +
                 ") unless on ($mirror) mirror_verdict{verdict=\"unknown\"} == 1",
          .no = "max without (verdict) (mirror_verdict{verdict!=\"unknown\"} == 1) unless on ($mirror) " + failure};
}

/// References are not counted.
PromqlForm counted(const std::string& state) {
  const auto sum = [](const std::string& states) {
    return "sum without (mirror, verdict) (mirror_verdict{verdict=~\"" + states +
           "\"} and on ($mirror) mirror_info{role=\"mirror\"})";
  };
  return {.value = sum(state), .most = sum(state + "|unknown")};
}

PromqlForm error_ratio_form() {
  return {.value =
              "max without (check) (increase(mirror_check_failures_total[$window]) / "
              "(increase(mirror_check_runs_total[$window]) > 0))",
          .five_minutes = "mirror_error_ratio",
          .remark =
              "Prometheus counts the runs between its scrapes; only over [5m] is there a gauge with the engine's "
              "own ratio"};
}

PromqlForm failures_form() {
  return gauge("max without (check) (round(increase(mirror_check_failures_total[$window])))",
               "Prometheus counts the failures between its scrapes");
}

PromqlForm latency(const std::string& quantile) {
  return gauge("max without (check) (quantile_over_time(" + quantile +
                   ", mirror_check_duration_seconds{check=\"http\"}[$window]))",
               "Prometheus weighs what it scraped, failed runs included, and interpolates");
}

PromqlForm throughput_form() {
  return gauge(
      "((mirror_http_body_bytes >= 65536) / ignoring (check, phase) "
      "(mirror_check_phase_seconds{check=\"http\", phase=\"transfer\"} > 0))",
      "while the check fails, the size may be that of a failed answer");
}

PromqlForm upstream_down_form() {
  return {.yes =
              "mirror_pool_reference_up == 0 and on ($pool) mirror_info{role=\"reference\"} "
              "unless on ($pool) (mirror_info{role=\"reference\"} unless on ($mirror) "
              "mirror_check_last_run_timestamp_seconds{check=\"freshness\"}) "
              "unless on ($agent) mirrorwarden_self_fault == 1",
          .no = "mirror_pool_reference_up == 1"};
}

struct Row {
  SignalFacts facts;
  PromqlForm promql;
};

const std::vector<Row>& rows() {
  using enum Unit;
  constexpr Scope kMirror = Scope::mirror;
  constexpr Scope kPool = Scope::pool;
  static const std::vector<Row> all = {
      {{Signal::sync_lag, "sync_lag", duration, kMirror, Window::none, "how long the mirror is behind, at least"},
       judged("mirror_sync_lag_seconds")},
      {{Signal::stale_ratio, "stale_ratio", ratio, kMirror, Window::none,
        "share of the parts looked at that are behind"},
       judged("mirror_stale_ratio")},
      {{Signal::error_ratio, "error_ratio", ratio, kMirror, Window::time,
        "share of failed runs of the mirror's worst check"},
       error_ratio_form()},
      {{Signal::failures, "failures", number, kMirror, Window::time_or_runs,
        "failed runs of the mirror's worst check; failures[5] >= 3 is three of the last five"},
       failures_form()},
      {{Signal::latency_p50, "latency_p50", duration, kMirror, Window::time, "median time of good http checks"},
       latency("0.5")},
      {{Signal::latency_p95, "latency_p95", duration, kMirror, Window::time, "95th percentile of the same"},
       latency("0.95")},
      {{Signal::latency_p99, "latency_p99", duration, kMirror, Window::time, "99th percentile of the same"},
       latency("0.99")},
      {{Signal::throughput, "throughput", rate, kMirror, Window::none,
        "bytes per second of the last good http check's body, if that has 64 KiB or more"},
       throughput_form()},
      {{Signal::cert_expires_in, "cert_expires_in", duration, kMirror, Window::none,
        "time left to the first certificate of the chain that the mirror shows"},
       time_left("mirror_tls_chain_not_after_timestamp_seconds")},
      {{Signal::metadata_expires_in, "metadata_expires_in", duration, kMirror, Window::none,
        "time left to the signed metadata, by its own word"},
       time_left("mirror_metadata_valid_until_timestamp_seconds")},
      {{Signal::stale, "stale", flag, kMirror, Window::none, "the verdict is stale"}, verdict("stale")},
      {{Signal::corrupt, "corrupt", flag, kMirror, Window::none, "the verdict is corrupt"}, verdict("corrupt")},
      {{Signal::down, "down", flag, kMirror, Window::none, "the verdict is down"}, verdict("down")},
      {{Signal::unknown, "unknown", flag, kMirror, Window::none, "there is no verdict"}, no_verdict()},
      {{Signal::checksum_mismatch, "checksum_mismatch", flag, kMirror, Window::none,
        "corrupt because bytes are not what they should be"},
       fails_by({Reason::checksum, Reason::size_mismatch, Reason::changed})},
      {{Signal::inconsistent, "inconsistent", flag, kMirror, Window::none,
        "the addresses behind the mirror's name serve different versions"},
       fails_by({Reason::inconsistent})},
      {{Signal::pool_fresh, "pool_fresh", share, kPool, Window::none, "mirrors of the pool that are fresh"},
       counted("fresh")},
      {{Signal::pool_stale, "pool_stale", share, kPool, Window::none, "… that are stale"}, counted("stale")},
      {{Signal::pool_corrupt, "pool_corrupt", share, kPool, Window::none, "… that are corrupt"}, counted("corrupt")},
      {{Signal::pool_down, "pool_down", share, kPool, Window::none, "… that are down"}, counted("down")},
      {{Signal::upstream_down, "upstream_down", flag, kPool, Window::none, "no reference of the pool answers"},
       upstream_down_form()},
      {{Signal::self_fault, "self_fault", flag, Scope::agent, Window::none,
        "the agent's own network is suspected to be down"},
       {.yes = "mirrorwarden_self_fault == 1", .no = "mirrorwarden_self_fault == 0"}},
  };
  return all;
}

}  // namespace

const std::vector<SignalFacts>& signals() {
  static const std::vector<SignalFacts> all = [] {
    std::vector<SignalFacts> made;
    for (const Row& row : rows()) made.push_back(row.facts);
    return made;
  }();
  return all;
}

const SignalFacts& facts(Signal signal) { return signals().at(static_cast<std::size_t>(signal)); }

const PromqlForm& promql_form(Signal signal) { return rows().at(static_cast<std::size_t>(signal)).promql; }

std::string_view name(Signal signal) { return facts(signal).name; }

Scope scope_of(const Expression& expression) {
  Scope narrowest = Scope::agent;
  for (const auto& row : expression.any_of)
    for (const Condition& condition : row) narrowest = std::max(narrowest, facts(condition.signal).scope);
  return narrowest;
}

}  // namespace mw
