// The table of metrics. Pure data; the order here is the order of the page.
#include "exporter/catalogue.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace mw {

namespace {

constexpr auto kCounter = MetricType::counter;
constexpr auto kGauge = MetricType::gauge;
constexpr auto kHistogram = MetricType::histogram;

// clang-format off
constexpr Metric kCatalogue[] = {
  // ---- mirrors: what they are and what is said of them
  {"mirror_info", kGauge, "", "pool,mirror,ecosystem,role,host,…",
   "What the mirror is, always 1: ecosystem, role (reference or mirror), host, and its configured labels. Join on "
   "pool and mirror."},
  {"mirror_verdict", kGauge, "", "pool,mirror,verdict",
   "The verdict on the mirror: 1 for the verdict that holds (fresh, stale, corrupt, down or unknown), 0 for the "
   "other four."},
  {"mirror_verdict_since_timestamp_seconds", kGauge, "seconds", "pool,mirror",
   "When the present verdict began, as Unix time."},
  {"mirror_failure", kGauge, "", "pool,mirror,layer,reason",
   "Why the mirror has its verdict, always 1: the layer that failed and the reason. Absent while fresh."},
  {"mirror_error_ratio", kGauge, "ratio", "pool,mirror",
   "Share of failed runs of the mirror's worst check over the last 5 minutes, 0 to 1. Absent when nothing ran."},
  // ---- mirrors: how far behind
  {"mirror_sync_lag_seconds", kGauge, "seconds", "pool,mirror",
   "How long the mirror is behind its reference, at least: the time since the version it serves was superseded. 0 "
   "when up to date, absent when unknown. While the mirror cannot be read, as of the last look that told its version."},
  {"mirror_sync_lag_upper_bound_seconds", kGauge, "seconds", "pool,mirror",
   "How long the mirror is behind its reference, at most. Absent when unknown, or when its version is older than "
   "the history seen."},
  {"mirror_sync_lag_known", kGauge, "", "pool,mirror",
   "Whether the lag can be said: 0 before the reference was seen and while the mirror's version is not known."},
  {"mirror_ahead_of_reference", kGauge, "", "pool,mirror",
   "Whether the mirror serves something newer than the reference was ever seen to serve. Absent when unknown."},
  {"mirror_stale_ratio", kGauge, "ratio", "pool,mirror",
   "Share of the looked at parts (canaries and samples) that are behind the reference, 0 to 1. The names are in "
   "/api/v1/mirrors. Absent when no part could be compared."},
  {"mirror_address_sync_lag_seconds", kGauge, "seconds", "pool,mirror,address",
   "How long each address behind the mirror's name is behind the reference, at least. Only where a name has several."},
  {"mirror_version_regressions_total", kCounter, "", "pool,mirror",
   "Times the mirror went back to an older version than it had served before."},
  {"mirror_stale_because_of_parent", kGauge, "", "pool,mirror,parent",
   "Always 1: the mirror is stale, and so is the mirror it copies from; this is the highest such in the chain."},
  {"mirror_version_timestamp_seconds", kGauge, "seconds", "pool,mirror",
   "The date that the served version itself carries, as Unix time; the last one seen. Absent when versions carry "
   "no date."},
  {"mirror_metadata_valid_until_timestamp_seconds", kGauge, "seconds", "pool,mirror",
   "When the served metadata expires by its own word, as Unix time; the last one seen. Absent when it does not say."},
  // ---- mirrors: the checks
  {"mirror_check_success", kGauge, "", "pool,mirror,check",
   "Whether the check counts as good, once enough consecutive runs agree (fail_after, recover_after). Absent "
   "until then."},
  {"mirror_check_failure", kGauge, "", "pool,mirror,check,layer,reason",
   "Why the check counts as failed, always 1: the layer that failed and the reason. Absent while it counts as good."},
  {"mirror_check_runs_total", kCounter, "", "pool,mirror,check",
   "Runs of the check that ended."},
  {"mirror_check_failures_total", kCounter, "", "pool,mirror,check",
   "Runs of the check that failed."},
  {"mirror_check_duration_seconds", kGauge, "seconds", "pool,mirror,check",
   "How long the last run took, failed or not."},
  {"mirror_check_good_duration_seconds", kHistogram, "seconds", "pool,mirror,check",
   "How long good runs took, since the agent's start. Failed runs are in mirror_check_failures_total only: the increase of "
   "a bucket over that of mirror_check_runs_total is the share of all runs that were good and so fast."},
  {"mirror_check_phase_seconds", kGauge, "seconds", "pool,mirror,check,phase",
   "Time spent in a phase (dns, connect, tls, processing, transfer), in the last run that reached it or else the "
   "last good one."},
  {"mirror_check_last_run_timestamp_seconds", kGauge, "seconds", "pool,mirror,check",
   "When the last run ended, as Unix time."},
  {"mirror_check_last_success_timestamp_seconds", kGauge, "seconds", "pool,mirror,check",
   "When the last good run ended, as Unix time. Absent while none was good."},
  {"mirror_received_bytes_total", kCounter, "bytes", "pool,mirror",
   "Bytes of answers, their headers included, that all checks received."},
  {"mirror_requests_total", kCounter, "", "pool,mirror",
   "HTTP requests that all checks sent, redirects included, since the agent's start."},
  {"mirror_not_modified_total", kCounter, "", "pool,mirror",
   "Requests of these that were answered with 304, nothing having changed."},
  // ---- mirrors: what the checks saw
  {"mirror_http_status_code", kGauge, "", "pool,mirror",
   "HTTP status of the last answer."},
  {"mirror_http_body_bytes", kGauge, "bytes", "pool,mirror",
   "Size of the last answer's body as received."},
  {"mirror_http_redirects", kGauge, "", "pool,mirror",
   "Redirects followed to the last answer."},
  {"mirror_addresses", kGauge, "", "pool,mirror,family",
   "Addresses that the mirror's name has, per family (ipv4, ipv6), as last resolved."},
  {"mirror_addresses_ok", kGauge, "", "pool,mirror,family",
   "Addresses of the mirror, per family (ipv4, ipv6), that the deepest of the checks tcp, tls and http found good in "
   "its last run. 0 when the name does not resolve."},
  {"mirror_tls_certificate_not_before_timestamp_seconds", kGauge, "seconds", "pool,mirror",
   "When the mirror's certificate becomes valid, as Unix time; of the last certificate shown, valid or not."},
  {"mirror_tls_certificate_not_after_timestamp_seconds", kGauge, "seconds", "pool,mirror",
   "When the mirror's certificate expires, as Unix time; of the last certificate shown, valid or not."},
  {"mirror_tls_chain_not_after_timestamp_seconds", kGauge, "seconds", "pool,mirror",
   "When the first certificate of the chain that the mirror shows expires, as Unix time."},
  // ---- pools
  {"mirror_pool_reference_up", kGauge, "", "pool",
   "Whether a reference of the pool answers. While it does not, freshness cannot be judged and verdicts are unknown."},
  {"mirror_pool_upstream_regressions_total", kCounter, "", "pool",
   "Times the reference went back to an older version."},
  // ---- the agent itself
  {"mirrorwarden_build_info", kGauge, "", "version,revision,compiler",
   "What this agent is, always 1."},
  {"mirrorwarden_config_last_reload_successful", kGauge, "", "",
   "Whether the last attempt to load the configuration succeeded. While 0 the previous configuration stays in "
   "force."},
  {"mirrorwarden_config_last_reload_success_timestamp_seconds", kGauge, "seconds", "",
   "When the configuration in force was loaded, as Unix time."},
  {"mirrorwarden_self_fault", kGauge, "", "",
   "Whether our own network is suspected to be down: more than 70 % of all mirrors, on several networks, cannot be "
   "reached. Their verdicts are then unknown."},
  {"mirrorwarden_state_save_successful", kGauge, "", "",
   "Whether the last attempt to save the state succeeded; 1 before the first. While 0, a restart would lose what is new."},
  {"mirrorwarden_checks_running", kGauge, "", "",
   "Checks running at this moment."},
  {"mirrorwarden_check_start_delay_seconds", kHistogram, "seconds", "",
   "How late checks start, against their schedule and the gap that is kept between checks of one host."},
  {"mirrorwarden_schedule_missed_total", kCounter, "", "pool,mirror,check",
   "Times a check was due but not run, because its previous run had not ended."},
  {"mirrorwarden_checks_put_off_total", kCounter, "", "pool,mirror,because",
   "Times a check was due but not run for the host's sake: it asked for a rest (retry_after), or its bytes of the day "
   "are used up (budget)."},
  {"mirrorwarden_loop_lag_seconds", kHistogram, "seconds", "",
   "How late the agent's event loop wakes from a timer."},
  {"mirrorwarden_task_crashes_total", kCounter, "", "",
   "Tasks that ended by an unexpected exception. Any increase is a bug in mirrorwarden."},
  {"mirrorwarden_alerts", kGauge, "", "alertname,state",
   "Alerts per rule and state (pending, firing)."},
  {"mirrorwarden_notifications_total", kCounter, "", "receiver",
   "Attempts to deliver a notice to the receiver, failed ones included."},
  {"mirrorwarden_notifications_failed_total", kCounter, "", "receiver,reason",
   "Attempts to deliver a notice that failed (network, client_error, server_error, rate_limited). Failed notices "
   "stay owed."},
  {"mirrorwarden_notifications_owed", kGauge, "", "receiver",
   "Notices that the receiver has not accepted yet."},
  {"mirrorwarden_messages_made_total", kCounter, "", "receiver",
   "Messages made for the receiver, those that an earlier process left under way included. Always the sum of those "
   "settled and those under way."},
  {"mirrorwarden_messages_settled_total", kCounter, "", "receiver,outcome",
   "Messages that are done with: accepted; dead_letter, rejected by the receiver three times, /api/v1/receivers says "
   "why; or dropped, because nothing was known any more of what they were about, or (to Alertmanager) a newer one "
   "says it."},
  {"mirrorwarden_messages_under_way", kGauge, "", "receiver",
   "Messages that were made and that the receiver has not answered for good."},
  {"mirrorwarden_watchdog_total", kCounter, "", "outcome",
   "Words to the watchdog that the agent lives: sent; withheld, because something that an alert needs makes no "
   "progress; or failed. Absent when none is configured."},
  {"mirrorwarden_probes_total", kCounter, "", "outcome",
   "Probes that /probe was asked for, by outcome: success, failure, or too_many at once, which were not begun."},
  {"mirrorwarden_probe_refused_total", kCounter, "", "",
   "Probes whose target, or a place to which a redirect led, the policy does not allow. Nothing connected there."},
  {"mirrorwarden_probe_module_unknown_total", kCounter, "", "",
   "Requests for /probe that named a module that the configuration does not have."},
  {"mirrorwarden_sd_discovered_targets", kGauge, "", "pool",
   "Mirrors that the pool's lists (file_sd, http_sd) name now. Absent for pools without lists."},
  {"mirrorwarden_sd_refresh_failures_total", kCounter, "", "pool,mechanism",
   "Looks at a list of mirrors (file, http) that failed. What it said before stays in force."},
  {"mirrorwarden_sd_targets_skipped_total", kCounter, "", "pool,mechanism",
   "Targets of lists (file, http) that are no mirror, each time that their list is read; the log says why."},
  // ---- the agent's process
  {"process_cpu_seconds_total", kCounter, "seconds", "",
   "Total user and system CPU time spent."},
  {"process_open_fds", kGauge, "", "",
   "Open file descriptors."},
  {"process_max_fds", kGauge, "", "",
   "Limit of open file descriptors."},
  {"process_virtual_memory_bytes", kGauge, "bytes", "",
   "Virtual memory size."},
  {"process_virtual_memory_max_bytes", kGauge, "bytes", "",
   "Limit of virtual memory. Absent when there is none."},
  {"process_resident_memory_bytes", kGauge, "bytes", "",
   "Resident memory size."},
  {"process_start_time_seconds", kGauge, "seconds", "",
   "When the process started, as Unix time."},
  {"process_threads", kGauge, "", "",
   "Threads of the process."},
};
// clang-format on

/// A cell of a Markdown table: a bar would end it.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string label_cell(std::string_view labels) {
  std::string out;
  while (!labels.empty()) {
    const auto comma = labels.find(',');
    const auto label = labels.substr(0, comma);
    if (!out.empty()) out += ", ";
    out += label == "…" ? std::string("*configured labels*") : "`" + std::string(label) + "`";
    labels.remove_prefix(comma == std::string_view::npos ? labels.size() : comma + 1);
  }
  return out;
}

}  // namespace

std::string_view name(MetricType type) {
  constexpr std::array kNames = {"counter", "gauge", "histogram"};
  return kNames.at(static_cast<std::size_t>(type));
}

std::span<const Metric> catalogue() { return kCatalogue; }

const Metric& metric(std::string_view name) {
  const auto* const found = std::ranges::find(kCatalogue, name, &Metric::name);
  if (found == std::ranges::end(kCatalogue)) throw std::out_of_range("not in the catalogue: " + std::string(name));
  return *found;
}

std::string metrics_reference() {
  std::string out = "| metric | type | labels | meaning |\n|---|---|---|---|\n";
  for (const Metric& row : kCatalogue) {
    out.append("| `").append(row.name).append("` | ").append(name(row.type)).append(" | ");
    out.append(label_cell(row.labels)).append(" | ").append(cell(row.help)).append(" |\n");
  }
  return out;
}

}  // namespace mw
