// One mirror: what was seen of it, check by check, and its runs over time.
#include <algorithm>

#include "exporter/exposition.hpp"
#include "exporter/web/api.hpp"
#include "exporter/web/api_json.hpp"
#include "probes/duration.hpp"

namespace mw {

namespace {

constexpr std::size_t kLongestText = 1024;

Json texts(const std::vector<std::string>& from) {
  Json list = Json::array();
  for (const std::string& each : from) list.push_back(printable(each, kLongestText));
  return list;
}

Json timings_json(const Timings& timings) {
  Json json = Json::object();
  const auto add = [&](const char* key, const std::optional<Duration>& took) {
    if (took) json[key] = seconds(*took);
  };
  add("dns_seconds", timings.dns);
  add("connect_seconds", timings.connect);
  add("tls_seconds", timings.tls);
  add("processing_seconds", timings.processing);
  add("transfer_seconds", timings.transfer);
  return json;
}

Json version_json(const Version& version) {
  Json json{{"id", printable(version.id, kLongestText)}};
  if (version.order) json["order"] = *version.order;
  if (version.time) json["time"] = unix_seconds(*version.time);
  return json;
}

Json address_json(const AddressLook& look) {
  Json json{{"address", to_string(look.address)}, {"failed", look.failure.has_value()}};
  if (look.failure) json["failure"] = failure_json(*look.failure);
  json["timings"] = timings_json(look.timings);
  if (look.version) json["version"] = version_json(*look.version);
  return json;
}

Json http_json(const HttpFacts& http) {
  return {{"status", http.status},
          {"body_bytes", http.body_bytes},
          {"redirects", http.redirects},
          {"final_host", printable(http.final_host)}};
}

Json certificate_json(const Certificate& shown) {
  Json json{{"subject", printable(shown.subject, kLongestText)}, {"issuer", printable(shown.issuer, kLongestText)}};
  json["names"] = texts(shown.names);
  const auto add = [&](const char* key, const std::optional<SysTime>& time) {
    if (time) json[key] = unix_seconds(*time);
  };
  add("not_before", shown.not_before);
  add("not_after", shown.not_after);
  add("chain_not_after", shown.chain_not_after);
  json["chain_length"] = shown.chain_length;
  json["tls_version"] = printable(shown.tls_version);
  json["fingerprint_sha256"] = printable(shown.fingerprint_sha256);
  return json;
}

Json traffic_json(const Traffic& traffic) {
  return {{"bytes_received", traffic.bytes_received},
          {"requests", traffic.requests},
          {"not_modified", traffic.not_modified}};
}

/// A run of a check, from the wire upwards.
Json finding_json(const Finding& finding) {
  Json json{{"at", unix_seconds(finding.at)}, {"took_seconds", seconds(finding.took)}};
  json["failed"] = finding.failure.has_value();
  if (finding.failure) json["failure"] = failure_json(*finding.failure);
  json["timings"] = timings_json(finding.timings);
  json["addresses"] = Json::array();
  for (const AddressLook& look : finding.addresses) json["addresses"].push_back(address_json(look));
  if (finding.http) json["http"] = http_json(*finding.http);
  if (finding.certificate) json["certificate"] = certificate_json(*finding.certificate);
  if (finding.version) json["version"] = version_json(*finding.version);
  if (finding.valid_until) json["valid_until"] = unix_seconds(*finding.valid_until);
  json["traffic"] = traffic_json(finding.traffic);
  return json;
}

Json check_json(const CheckState& state) {
  Json json{{"failing", state.settled.has_value()}};
  if (state.settled) json["because"] = failure_json(*state.settled);
  json["contradicted_by_runs"] = state.streak;
  json["runs"] = state.runs;
  json["failures"] = state.failures;
  json["bytes_received"] = state.traffic.bytes_received;
  if (state.last) json["last"] = finding_json(*state.last);
  if (state.last_good) json["last_good"] = finding_json(*state.last_good);
  if (state.last_failed) json["last_failure"] = finding_json(*state.last_failed);
  return json;
}

Json run_json(const Run& run) {
  return {{"at", unix_seconds(run.at)},
          {"check", name(run.check)},
          {"failed", run.failed},
          {"took_seconds", seconds(run.took)}};
}

}  // namespace

std::string mirror_page(const MirrorView& view, SysTime now) {
  Json json{{"at", unix_seconds(now)}};
  json.update(mirror_json(view));
  json["ecosystem"] = view.pool->ecosystem;
  json["priority"] = view.mirror->priority;
  json["labels"] = Json::object();
  for (const auto& [label, value] : view.mirror->labels) json["labels"][printable(label)] = printable(value);
  if (!view.mirror->parent.empty()) json["parent"] = printable(view.mirror->parent);
  json["version_regressions"] = view.version_regressions;
  json["checks"] = Json::object();
  for (const auto& [kind, state] : view.checks) json["checks"][std::string(name(kind))] = check_json(state);
  return page(json);
}

std::string history_json(const MirrorView& view, const RunsWanted& wanted, SysTime now) {
  Json runs = Json::array();
  for (const Run& run : view.runs)
    if (run.at >= wanted.since && (!wanted.check || run.check == *wanted.check)) runs.push_back(run_json(run));
  return page({{"at", unix_seconds(now)},
               {"pool", printable(view.pool->name)},
               {"mirror", printable(view.mirror->name)},
               {"runs", std::move(runs)}});
}

}  // namespace mw
