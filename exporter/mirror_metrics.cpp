// One table row or one small function per metric. Facts keep their last known value while a mirror fails: an alert
// on them must not end because the mirror got worse.
#include "exporter/mirror_metrics.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>

#include "probes/duration.hpp"
#include "probes/last_known.hpp"

namespace mw {

namespace {

constexpr Duration kErrorWindow = std::chrono::minutes(5);

std::optional<double> as_seconds(std::optional<Duration> d) { return d ? std::optional(seconds(*d)) : std::nullopt; }

std::optional<double> as_time(std::optional<SysTime> time) {
  return time ? std::optional(unix_seconds(*time)) : std::nullopt;
}

using Pair = std::pair<std::string_view, std::string_view>;

/// A series' labels beyond its row's. The values are of closed sets: there is nothing to escape.
std::string more(std::initializer_list<Pair> pairs) {
  std::string out;
  for (const auto& [name, value] : pairs) out.append(",").append(name).append("=\"").append(value).append("\"");
  return out;
}

/// The same for each value of an enum, made once.
template <class Enum, std::size_t kSize>
std::array<std::string, kSize> more_of_each(std::string_view label, const Enum (&values)[kSize]) {
  std::array<std::string, kSize> out;
  for (const Enum value : values) out.at(static_cast<std::size_t>(value)) = more({{label, name(value)}});
  return out;
}

const std::string& of_check(CheckKind kind) {
  static const auto kMore = more_of_each("check", kCheckKinds);
  return kMore.at(static_cast<std::size_t>(kind));
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
  std::uint64_t sum = 0;
  for (const auto& [kind, state] : view.checks) sum += state.traffic.*kMember;
  return static_cast<double>(sum);
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
  return last_known(view, {CheckKind::http, CheckKind::freshness}, [](const Finding& f) {
    return f.http ? std::optional(static_cast<double>((*f.http).*kMember)) : std::nullopt;
  });
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

// ---- several series per check or mirror ---------------------------------------------------------------------

using Write = void (*)(Page&, const Row&, SysTime now);

std::string why(const Failure& failure) {
  return more({{"layer", name(failure.layer)}, {"reason", name(failure.reason)}});
}

void check_failures(Page& page, const Row& row, SysTime /*now*/) {
  for (const auto& [kind, state] : row.view->checks)
    if (state.settled) page.add(row.text->labels, of_check(kind) + why(*state.settled), 1);
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

using PhaseTexts = std::array<std::array<std::string, std::size(kPhases)>, std::size(kCheckKinds)>;

PhaseTexts phase_texts() {
  PhaseTexts out;
  for (const CheckKind kind : kCheckKinds)
    for (std::size_t i = 0; i < std::size(kPhases); ++i)
      out.at(static_cast<std::size_t>(kind)).at(i) = of_check(kind) + more({{"phase", kPhases[i].name}});
  return out;
}

std::optional<Duration> took_of(const CheckState& state, const PhaseColumn& phase) {
  return last_known(state, [&](const Finding& f) { return f.timings.*phase.member; });
}

void phases(Page& page, const Row& row, SysTime /*now*/) {
  static const PhaseTexts kMore = phase_texts();
  for (const auto& [kind, state] : row.view->checks) {
    const auto& more = kMore.at(static_cast<std::size_t>(kind));
    for (std::size_t i = 0; i < std::size(kPhases); ++i)
      if (const auto took = took_of(state, kPhases[i])) page.add(row.text->labels, more.at(i), seconds(*took));
  }
}

void infos(Page& page, const Row& row, SysTime /*now*/) { page.add(row.text->labels, row.text->info, 1); }

void verdicts(Page& page, const Row& row, SysTime /*now*/) {
  static const auto kMore = more_of_each("verdict", kStates);
  for (const State state : kStates)
    page.add(row.text->labels, kMore.at(static_cast<std::size_t>(state)), row.view->verdict.state == state ? 1 : 0);
}

void failures(Page& page, const Row& row, SysTime /*now*/) {
  const auto& failure = row.view->verdict.failure;
  if (failure) page.add(row.text->labels, why(*failure), 1);
}

void error_ratios(Page& page, const Row& row, SysTime now) {
  const ErrorRatio ratio = error_ratio(*row.view, kErrorWindow, now);
  if (ratio.known) page.add(row.text->labels, {}, ratio.value);
}

void blames(Page& page, const Row& row, SysTime /*now*/) {
  const std::string& blame = row.view->verdict.blame;
  if (!blame.empty()) page.add(row.text->labels, "," + Labels{{"parent", blame}}.text(), 1);
}

void address_lags(Page& page, const Row& row, SysTime /*now*/) {
  const auto& lags = row.view->addresses;
  if (lags.size() < 2) return;
  for (auto each = lags.begin(); each != lags.end(); ++each) {
    const bool is_double = std::find_if(lags.begin(), each, [&](const AddressLag& earlier) {
                             return earlier.address == each->address;
                           }) != each;
    if (each->lag.known && !is_double)
      page.add(row.text->labels, more({{"address", to_string(each->address)}}), seconds(each->lag.lower));
  }
}

// ---- addresses ----------------------------------------------------------------------------------------------

using Looks = std::vector<AddressLook>;

/// Both families always, so that a family that vanishes is seen as a zero.
void per_family(Page& page, const Row& row, const Looks& looks, bool (*counts)(const AddressLook&)) {
  for (const bool v6 : {false, true}) {
    const auto of_family = [&](const AddressLook& look) { return look.address.v6 == v6 && counts(look); };
    page.add(row.text->labels, v6 ? ",family=\"ipv6\"" : ",family=\"ipv4\"",
             static_cast<double>(std::ranges::count_if(looks, of_family)));
  }
}

std::optional<const Looks*> looks_of(const Finding& f) {
  return f.addresses.empty() ? std::nullopt : std::optional(&f.addresses);
}

void addresses(Page& page, const Row& row, SysTime /*now*/) {
  const auto looks = last_known(*row.view, {CheckKind::dns, CheckKind::tcp, CheckKind::tls, CheckKind::http}, looks_of);
  if (looks) per_family(page, row, **looks, [](const AddressLook&) { return true; });
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

void good_addresses(Page& page, const Row& row, SysTime /*now*/) {
  const Finding* const look = deepest_look(*row.view);
  const bool is_ours = look != nullptr && look->failure && look->failure->reason == Reason::local_resource;
  if (look == nullptr || is_ours || (look->addresses.empty() && !look->failure)) return;
  per_family(page, row, look->addresses, [](const AddressLook& each) { return !each.failure; });
}

// ---- what the agent counts ----------------------------------------------------------------------------------

/// Of checks that have not run yet as well; each once, however often it is configured.
bool is_counted(const Row& row, CheckKind kind) {
  return row.text->counts && std::ranges::count(row.view->pool->checks, kind) > 0;
}

void missed(Page& page, const Row& row, SysTime /*now*/) {
  for (const CheckKind kind : kCheckKinds) {
    if (is_counted(row, kind))
      page.add(row.text->labels, of_check(kind), row.text->counts->checks.at(static_cast<std::size_t>(kind)).missed);
  }
}

void put_offs(Page& page, const Row& row, SysTime /*now*/) {
  static const auto kMore = more_of_each("because", kPutOffs);
  if (!row.text->counts) return;
  for (std::size_t i = 0; i < kMore.size(); ++i)
    page.add(row.text->labels, kMore.at(i), row.text->counts->put_off.at(i));
}

using BucketTexts = std::array<std::array<std::string, Latencies::kBuckets>, std::size(kCheckKinds)>;

BucketTexts bucket_texts() {
  BucketTexts out;
  for (const CheckKind kind : kCheckKinds) {
    auto& texts = out.at(static_cast<std::size_t>(kind));
    for (std::size_t i = 0; i < kLatencyBounds.size(); ++i)
      texts.at(i) = of_check(kind) + more({{"le", bucket_bound(kLatencyBounds.at(i))}});
    texts.back() = of_check(kind) + more({{"le", "+Inf"}});
  }
  return out;
}

void good_durations(Page& page, const Row& row, SysTime /*now*/) {
  static const BucketTexts kMore = bucket_texts();
  for (const CheckKind kind : kCheckKinds) {
    if (!is_counted(row, kind)) continue;
    const auto index = static_cast<std::size_t>(kind);
    const auto picture = row.text->counts->checks.at(index).good.picture();
    for (std::size_t i = 0; i < Latencies::kBuckets; ++i)
      page.add(row.text->labels, kMore.at(index).at(i), static_cast<double>(picture.up_to.at(i)), kBucket);
    page.add(row.text->labels, of_check(kind), picture.sum, kSum);
    page.add(row.text->labels, of_check(kind), static_cast<double>(picture.up_to.back()), kCount);
    page.add(row.text->labels, of_check(kind), unix_seconds(row.text->counts->since), kCreated);
  }
}

// ---- the tables ---------------------------------------------------------------------------------------------

constexpr std::pair<std::string_view, Write> kWritten[] = {
    {"mirror_info", infos},
    {"mirror_verdict", verdicts},
    {"mirror_failure", failures},
    {"mirror_error_ratio", error_ratios},
    {"mirror_address_sync_lag_seconds", address_lags},
    {"mirror_stale_because_of_parent", blames},
    {"mirror_check_failure", check_failures},
    {"mirror_check_phase_seconds", phases},
    {"mirror_check_good_duration_seconds", good_durations},
    {"mirror_addresses", addresses},
    {"mirror_addresses_ok", good_addresses},
    {"mirrorwarden_schedule_missed_total", missed},
    {"mirrorwarden_checks_put_off_total", put_offs},
};

void write_per_check(Page& page, std::span<const Row> rows, CheckValue value_of) {
  for (const Row& row : rows)
    for (const auto& [kind, state] : row.view->checks)
      if (const auto value = value_of(state)) page.add(row.text->labels, of_check(kind), *value);
}

void write_per_mirror(Page& page, std::span<const Row> rows, MirrorValue value_of) {
  for (const Row& row : rows)
    if (const auto value = value_of(*row.view)) page.add(row.text->labels, {}, *value);
}

/// The table's entry of this metric; null when it has none.
template <class Entry, std::size_t kSize>
const Entry* entry_of(const std::pair<std::string_view, Entry> (&table)[kSize], const Metric& metric) {
  const auto* const found = std::ranges::find(table, metric.name, [](const auto& row) { return row.first; });
  return found == std::ranges::end(table) ? nullptr : &found->second;
}

}  // namespace

void write_mirrors(Page& page, const Metric& metric, std::span<const Row> rows, SysTime now) {
  if (const auto* const value_of = entry_of(kPerMirror, metric)) return write_per_mirror(page, rows, *value_of);
  if (const auto* const value_of = entry_of(kPerCheck, metric)) return write_per_check(page, rows, *value_of);
  if (const auto* const write = entry_of(kWritten, metric))
    for (const Row& row : rows) (*write)(page, row, now);
}

}  // namespace mw
