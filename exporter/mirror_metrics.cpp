// One table row or one small function per metric. Facts keep their last known value while a mirror fails: an alert
// on them must not end because the mirror got worse.
#include "exporter/mirror_metrics.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "probes/duration.hpp"
#include "probes/last_known.hpp"

namespace mw {

namespace {

constexpr Duration kErrorWindow = std::chrono::minutes(5);

/// A mirror with the labels that all its series begin with.
struct Row {
  const MirrorView* view = nullptr;
  Labels labels;
};
using Rows = std::vector<Row>;

std::optional<double> as_seconds(std::optional<Duration> d) { return d ? std::optional(seconds(*d)) : std::nullopt; }

std::optional<double> as_time(std::optional<SysTime> time) {
  return time ? std::optional(unix_seconds(*time)) : std::nullopt;
}

// ---- one value per check ------------------------------------------------------------------------------------

using CheckValue = std::optional<double> (*)(const CheckState&);

std::optional<double> success(const CheckState& state) {
  if (state.settled) return 0;
  return state.last_good ? std::optional(1.0) : std::nullopt;
}

std::optional<double> last_took(const CheckState& state) {
  return state.last ? as_seconds(state.last->took) : std::nullopt;
}

std::optional<double> ended(const std::shared_ptr<const Finding>& finding) {
  return finding ? as_time(finding->at) : std::nullopt;
}

constexpr std::pair<std::string_view, CheckValue> kPerCheck[] = {
    {"mirror_check_success", success},
    {"mirror_check_runs_total", [](const CheckState& s) { return std::optional(static_cast<double>(s.runs)); }},
    {"mirror_check_failures_total", [](const CheckState& s) { return std::optional(static_cast<double>(s.failures)); }},
    {"mirror_check_duration_seconds", last_took},
    {"mirror_check_last_run_timestamp_seconds", [](const CheckState& s) { return ended(s.last); }},
    {"mirror_check_last_success_timestamp_seconds", [](const CheckState& s) { return ended(s.last_good); }},
};

Labels with_check(const Row& row, CheckKind kind) { return Labels(row.labels).add("check", name(kind)); }

Family per_check(std::string_view metric_name, CheckValue value_of, const Rows& rows) {
  Family family(metric_name);
  for (const Row& row : rows) {
    for (const auto& [kind, state] : row.view->checks) {
      if (const auto value = value_of(state)) family.add(with_check(row, kind), *value);
    }
  }
  return family;
}

Family check_failures(const Rows& rows) {
  Family family("mirror_check_failure");
  for (const Row& row : rows) {
    for (const auto& [kind, state] : row.view->checks) {
      if (!state.settled) continue;
      family.add(
          with_check(row, kind).add("layer", name(state.settled->layer)).add("reason", name(state.settled->reason)), 1);
    }
  }
  return family;
}

struct PhaseColumn {
  std::string_view name;
  std::optional<Duration> Timings::*member;
};
constexpr PhaseColumn kPhases[] = {{"dns", &Timings::dns},
                                   {"connect", &Timings::connect},
                                   {"tls", &Timings::tls},
                                   {"processing", &Timings::processing},
                                   {"transfer", &Timings::transfer}};

void add_phases(Family& family, const Labels& labels, const CheckState& state) {
  for (const PhaseColumn& phase : kPhases) {
    const auto took = last_known(state, [&](const Finding& f) { return f.timings.*phase.member; });
    if (took) family.add(Labels(labels).add("phase", phase.name), seconds(*took));
  }
}

Family phases(const Rows& rows) {
  Family family("mirror_check_phase_seconds");
  for (const Row& row : rows)
    for (const auto& [kind, state] : row.view->checks) add_phases(family, with_check(row, kind), state);
  return family;
}

// ---- one value per mirror -----------------------------------------------------------------------------------

using MirrorValue = std::optional<double> (*)(const MirrorView&);

std::optional<double> verdict_since(const MirrorView& view) {
  return view.since == SysTime{} ? std::nullopt : as_time(view.since);
}

/// A reference is what lag is measured against, and without the freshness check nobody asks.
bool is_lag_asked(const MirrorView& view) {
  return !view.mirror->reference && std::ranges::count(view.pool->checks, CheckKind::freshness) > 0;
}

std::optional<double> lag_known(const MirrorView& view) {
  return is_lag_asked(view) ? std::optional(view.lag.known ? 1.0 : 0.0) : std::nullopt;
}

std::optional<double> lag_lower(const MirrorView& view) {
  return lag_known(view) == 1.0 ? as_seconds(view.lag.lower) : std::nullopt;
}

std::optional<double> lag_upper(const MirrorView& view) {
  return lag_known(view) == 1.0 ? as_seconds(view.lag.upper) : std::nullopt;
}

std::optional<double> ahead(const MirrorView& view) {
  return lag_known(view) == 1.0 ? std::optional(view.lag.ahead ? 1.0 : 0.0) : std::nullopt;
}

std::optional<double> ratio_behind(const MirrorView& view) {
  return is_lag_asked(view) ? stale_ratio(view.feeds) : std::nullopt;
}

template <std::uint64_t Traffic::*kMember>
std::optional<double> traffic(const MirrorView& view) {
  Traffic sum;
  for (const auto& [kind, state] : view.checks) sum += state.traffic;
  return static_cast<double>(sum.*kMember);
}

std::optional<SysTime> version_time(const Finding& f) { return f.version ? f.version->time : std::nullopt; }

std::optional<double> metadata(const MirrorView& view, std::optional<SysTime> (*get)(const Finding&)) {
  return as_time(last_known_metadata(view, get));
}

template <std::optional<SysTime> Certificate::*kMember>
std::optional<double> certificate(const MirrorView& view) {
  return as_time(last_known_certificate<kMember>(view));
}

template <auto kMember>
std::optional<double> http(const MirrorView& view) {
  const auto facts = last_known(view, {CheckKind::http, CheckKind::freshness}, [](const Finding& f) { return f.http; });
  return facts ? std::optional(static_cast<double>((*facts).*kMember)) : std::nullopt;
}

constexpr std::pair<std::string_view, MirrorValue> kPerMirror[] = {
    {"mirror_verdict_since_timestamp_seconds", verdict_since},
    {"mirror_sync_lag_known", lag_known},
    {"mirror_sync_lag_seconds", lag_lower},
    {"mirror_sync_lag_upper_bound_seconds", lag_upper},
    {"mirror_ahead_of_reference", ahead},
    {"mirror_stale_ratio", ratio_behind},
    {"mirror_version_regressions_total",
     [](const MirrorView& v) { return std::optional(static_cast<double>(v.version_regressions)); }},
    {"mirror_version_timestamp_seconds", [](const MirrorView& v) { return metadata(v, version_time); }},
    {"mirror_metadata_valid_until_timestamp_seconds",
     [](const MirrorView& v) { return metadata(v, [](const Finding& f) { return f.valid_until; }); }},
    {"mirror_tls_certificate_not_before_timestamp_seconds", certificate<&Certificate::not_before>},
    {"mirror_tls_certificate_not_after_timestamp_seconds", certificate<&Certificate::not_after>},
    {"mirror_tls_chain_not_after_timestamp_seconds", certificate<&Certificate::chain_not_after>},
    {"mirror_http_status_code", http<&HttpFacts::status>},
    {"mirror_http_body_bytes", http<&HttpFacts::body_bytes>},
    {"mirror_http_redirects", http<&HttpFacts::redirects>},
    {"mirror_received_bytes_total", traffic<&Traffic::bytes_received>},
    {"mirror_requests_total", traffic<&Traffic::requests>},
    {"mirror_not_modified_total", traffic<&Traffic::not_modified>},
};

Family per_mirror(std::string_view metric_name, MirrorValue value_of, const Rows& rows) {
  Family family(metric_name);
  for (const Row& row : rows) {
    if (const auto value = value_of(*row.view)) family.add(row.labels, *value);
  }
  return family;
}

Family error_ratios(const Rows& rows, SysTime now) {
  Family family("mirror_error_ratio");
  for (const Row& row : rows) {
    const ErrorRatio ratio = error_ratio(*row.view, kErrorWindow, now);
    if (ratio.known) family.add(row.labels, ratio.value);
  }
  return family;
}

/// The configuration refuses names that clash; a clash must not cost the page all the same.
void add_configured(Labels& labels, const std::map<std::string, std::string>& configured) {
  constexpr std::array<std::string_view, 5> kOwn = {"pool", "mirror", "ecosystem", "role", "host"};
  for (const auto& [label, value] : configured) {
    if (is_label_name(label) && std::ranges::count(kOwn, std::string_view(label)) == 0) labels.add(label, value);
  }
}

Family address_lags(const Rows& rows) {
  Family family("mirror_address_sync_lag_seconds");
  for (const Row& row : rows) {
    if (row.view->addresses.size() < 2) continue;
    for (const AddressLag& each : row.view->addresses)
      if (each.lag.known)
        family.add(Labels(row.labels).add("address", to_string(each.address)), seconds(each.lag.lower));
  }
  return family;
}

Family blames(const Rows& rows) {
  Family family("mirror_stale_because_of_parent");
  for (const Row& row : rows) {
    const std::string& blame = row.view->verdict.blame;
    if (!blame.empty()) family.add(Labels(row.labels).add("parent", blame), 1);
  }
  return family;
}

Family infos(const Rows& rows) {
  Family family("mirror_info");
  for (const Row& row : rows) {
    const Mirror& mirror = *row.view->mirror;
    Labels labels(row.labels);
    labels.add("ecosystem", row.view->pool->ecosystem).add("role", mirror.reference ? "reference" : "mirror");
    labels.add("host", mirror.url.host);
    add_configured(labels, mirror.labels);
    family.add(std::move(labels), 1);
  }
  return family;
}

Family verdicts(const Rows& rows) {
  Family family("mirror_verdict");
  for (const Row& row : rows) {
    for (const State state : kStates)
      family.add(Labels(row.labels).add("verdict", name(state)), row.view->verdict.state == state ? 1 : 0);
  }
  return family;
}

Family failures(const Rows& rows) {
  Family family("mirror_failure");
  for (const Row& row : rows) {
    const auto& failure = row.view->verdict.failure;
    if (failure)
      family.add(Labels(row.labels).add("layer", name(failure->layer)).add("reason", name(failure->reason)), 1);
  }
  return family;
}

// ---- addresses ----------------------------------------------------------------------------------------------

using Looks = std::vector<AddressLook>;

/// Both families always, so that a family that vanishes is seen as a zero.
void add_per_family(Family& family, const Labels& labels, const Looks& looks, bool (*counts)(const AddressLook&)) {
  for (const bool v6 : {false, true}) {
    const auto of_family = [&](const AddressLook& look) { return look.address.v6 == v6 && counts(look); };
    family.add(Labels(labels).add("family", v6 ? "ipv6" : "ipv4"),
               static_cast<double>(std::ranges::count_if(looks, of_family)));
  }
}

std::optional<Looks> looks_of(const Finding& f) {
  return f.addresses.empty() ? std::nullopt : std::optional(f.addresses);
}

Family addresses(const Rows& rows) {
  Family family("mirror_addresses");
  for (const Row& row : rows) {
    const auto looks =
        last_known(*row.view, {CheckKind::dns, CheckKind::tcp, CheckKind::tls, CheckKind::http}, looks_of);
    if (looks) add_per_family(family, row.labels, *looks, [](const AddressLook&) { return true; });
  }
  return family;
}

/// The last run of the deepest check that looks at every address. Whether something works is not a fact to keep
/// from better days: there is no falling back to the last good run.
const Finding* deepest_look(const MirrorView& view) {
  for (const CheckKind kind : {CheckKind::http, CheckKind::tls, CheckKind::tcp}) {
    const auto found = view.checks.find(kind);
    if (found != view.checks.end() && found->second.last) return &*found->second.last;
  }
  return nullptr;
}

Family good_addresses(const Rows& rows) {
  Family family("mirror_addresses_ok");
  for (const Row& row : rows) {
    const Finding* const look = deepest_look(*row.view);
    const bool is_ours = look != nullptr && look->failure && look->failure->reason == Reason::local_resource;
    if (look == nullptr || is_ours || (look->addresses.empty() && !look->failure)) continue;
    add_per_family(family, row.labels, look->addresses, [](const AddressLook& each) { return !each.failure; });
  }
  return family;
}

// ---- pools, alerts, receivers -------------------------------------------------------------------------------

void append_pools(std::vector<Family>& out, const Snapshot& snapshot) {
  Family up("mirror_pool_reference_up");
  Family regressions("mirror_pool_upstream_regressions_total");
  Family self_fault("mirrorwarden_self_fault");
  self_fault.add({}, snapshot.self_fault ? 1 : 0);
  out.push_back(std::move(self_fault));
  for (const PoolView& view : snapshot.pools) {
    const Labels labels{{"pool", view.pool->name}};
    up.add(labels, view.reference_up ? 1 : 0);
    regressions.add(labels, static_cast<double>(view.upstream_regressions));
  }
  out.push_back(std::move(up));
  out.push_back(std::move(regressions));
}

/// Every rule has both states, at zero when nothing is wrong; an alert of a removed rule is counted while it lasts.
Family alert_counts(const Published& published) {
  std::map<std::pair<std::string, Phase>, int> counts;
  if (published.config) {
    for (const Rule& rule : published.config->rules) {
      for (const Phase phase : {Phase::pending, Phase::firing}) counts[{rule.name, phase}] = 0;
    }
  }
  if (published.alerts) {
    for (const auto& [key, alert] : *published.alerts) {
      if (alert.phase != Phase::inactive) ++counts[{key.rule, alert.phase}];
    }
  }
  Family family("mirrorwarden_alerts");
  for (const auto& [key, count] : counts) family.add({{"alertname", key.first}, {"state", name(key.second)}}, count);
  return family;
}

Family owed(const Published& published) {
  Family family("mirrorwarden_notifications_owed");
  for (const ReceiverView& receiver : published.receivers)
    family.add({{"receiver", receiver.name}}, static_cast<double>(receiver.owed));
  return family;
}

Family messages_made(const Published& published) {
  Family family("mirrorwarden_messages_made_total");
  for (const ReceiverView& receiver : published.receivers)
    family.add({{"receiver", receiver.name}}, static_cast<double>(receiver.tally.made));
  return family;
}

Family messages_settled(const Published& published) {
  Family family("mirrorwarden_messages_settled_total");
  for (const ReceiverView& receiver : published.receivers)
    for (const auto& [outcome, count] : {std::pair("accepted", receiver.tally.accepted),
                                         {"dead_letter", receiver.tally.buried},
                                         {"dropped", receiver.tally.dropped}})
      family.add({{"receiver", receiver.name}, {"outcome", outcome}}, static_cast<double>(count));
  return family;
}

Family messages_under_way(const Published& published) {
  Family family("mirrorwarden_messages_under_way");
  for (const ReceiverView& receiver : published.receivers)
    family.add({{"receiver", receiver.name}}, static_cast<double>(receiver.under_way));
  return family;
}

Rows rows_of(const Snapshot& snapshot) {
  Rows rows;
  for (const auto& view : snapshot.mirrors)
    rows.push_back({view.get(), {{"pool", view->pool->name}, {"mirror", view->mirror->name}}});
  return rows;
}

void append_mirrors(std::vector<Family>& out, const Rows& rows, SysTime now) {
  out.push_back(infos(rows));
  out.push_back(verdicts(rows));
  out.push_back(failures(rows));
  out.push_back(error_ratios(rows, now));
  out.push_back(check_failures(rows));
  out.push_back(address_lags(rows));
  out.push_back(blames(rows));
  out.push_back(phases(rows));
  out.push_back(addresses(rows));
  out.push_back(good_addresses(rows));
  for (const auto& [metric_name, value_of] : kPerMirror) out.push_back(per_mirror(metric_name, value_of, rows));
  for (const auto& [metric_name, value_of] : kPerCheck) out.push_back(per_check(metric_name, value_of, rows));
}

}  // namespace

std::vector<Family> published_families(const Published& published, SysTime now) {
  std::vector<Family> out;
  if (published.snapshot) {
    append_mirrors(out, rows_of(*published.snapshot), now);
    append_pools(out, *published.snapshot);
  }
  out.push_back(alert_counts(published));
  out.push_back(owed(published));
  out.push_back(messages_made(published));
  out.push_back(messages_settled(published));
  out.push_back(messages_under_way(published));
  return out;
}

}  // namespace mw
