// The only file of the exporter that writes JSON pages.
#include "exporter/web/api.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "exporter/exposition.hpp"
#include "probes/duration.hpp"

namespace mw {

namespace {

using Json = nlohmann::ordered_json;

void add_lag(Json& into, const Lag& lag) {
  into["known"] = lag.known;
  if (!lag.known) return;
  into["seconds"] = seconds(lag.lower);
  if (lag.upper) into["upper_bound_seconds"] = seconds(*lag.upper);
  into["ahead"] = lag.ahead;
}

Json lag_json(const Lag& lag) {
  Json json = Json::object();
  add_lag(json, lag);
  return json;
}

/// The parts that are behind, by name; the mirror as a whole has none.
Json stale_parts(const MirrorView& view) {
  Json parts = Json::array();
  for (const FeedLag& each : view.feeds) {
    if (each.feed.empty() || each.lag.lower == Duration::zero()) continue;
    Json part{{"name", printable(each.feed)}};
    add_lag(part, each.lag);
    parts.push_back(std::move(part));
  }
  return parts;
}

/// What the last integrity check received under names that must never change.
Json artefacts(const MirrorView& view) {
  Json list = Json::array();
  const auto integrity = view.checks.find(CheckKind::integrity);
  if (integrity == view.checks.end() || !integrity->second.last) return list;
  for (const Artefact& each : integrity->second.last->artefacts)
    list.push_back({{"name", printable(each.name)}, {"digest", printable(each.digest)}});
  return list;
}

Json addresses(const MirrorView& view) {
  Json list = Json::array();
  for (const AddressLag& each : view.addresses)
    list.push_back({{"address", to_string(each.address)}, {"sync_lag", lag_json(each.lag)}});
  return list;
}

Json verdict_json(const Verdict& verdict) {
  Json json{{"state", name(verdict.state)}};
  if (verdict.failure) {
    json["layer"] = name(verdict.failure->layer);
    json["reason"] = name(verdict.failure->reason);
    json["detail"] = printable(verdict.failure->detail, 1024);
  }
  if (!verdict.blame.empty()) json["because_of_parent"] = printable(verdict.blame);
  return json;
}

Json mirror_json(const MirrorView& view) {
  Json json{{"pool", view.pool->name}, {"mirror", printable(view.mirror->name)}, {"url", view.mirror->url.str()}};
  json["role"] = view.mirror->reference ? "reference" : "mirror";
  json["verdict"] = verdict_json(view.verdict);
  if (view.since != SysTime{}) json["since"] = unix_seconds(view.since);
  if (!view.mirror->reference) json["sync_lag"] = lag_json(view.lag);
  if (const auto ratio = stale_ratio(view.feeds)) json["stale_ratio"] = *ratio;
  json["stale"] = stale_parts(view);
  json["artefacts"] = artefacts(view);
  if (view.addresses.size() > 1) json["addresses"] = addresses(view);
  return json;
}

Json alert_json(const AlertKey& key, const Alert& alert) {
  Json labels = Json::object();
  for (const auto& [label, value] : alert.labels) labels[label] = printable(value);
  Json json{{"rule", key.rule}, {"labels", std::move(labels)}, {"state", name(alert.phase)}};
  json["since"] = unix_seconds(alert.phase == Phase::firing ? alert.fired_at : alert.active_at);
  json["when"] = to_string(alert.rule->when);
  if (std::isfinite(alert.value)) json["value"] = alert.value;
  if (!alert.muted_by.empty()) json["muted_by"] = alert.muted_by;
  if (!alert.silenced_by.empty()) json["silenced_by"] = alert.silenced_by;
  if (alert.acknowledged)
    json["acknowledged"] = {{"by", printable(alert.acknowledged->by)},
                            {"comment", printable(alert.acknowledged->comment, 1024)},
                            {"at", unix_seconds(alert.acknowledged->at)}};
  return json;
}

Json dead_json(const DeadLetter& letter) {
  return {{"message", letter.id},
          {"at", unix_seconds(letter.at)},
          {"error", printable(letter.error, 1024)},
          {"about", printable(letter.headline, 1024)}};
}

Json receiver_json(const ReceiverView& view) {
  Json json{{"receiver", view.name}, {"owed", view.owed}, {"under_way", view.under_way}};
  if (!view.last_error.empty()) json["last_error"] = printable(view.last_error, 1024);
  json["messages"] = {{"made", view.tally.made},
                      {"accepted", view.tally.accepted},
                      {"dead_letter", view.tally.buried},
                      {"dropped", view.tally.dropped}};
  json["dead_letters"] = Json::array();
  for (const DeadLetter& letter : view.dead) json["dead_letters"].push_back(dead_json(letter));
  return json;
}

}  // namespace

std::string receivers_json(const Published& published, SysTime now) {
  Json list = Json::array();
  for (const ReceiverView& view : published.receivers) list.push_back(receiver_json(view));
  const Json json{{"at", unix_seconds(now)}, {"receivers", std::move(list)}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string alerts_json(const Published& published, SysTime now) {
  Json list = Json::array();
  for (const auto& [key, alert] : *published.alerts)
    if (alert.phase != Phase::inactive) list.push_back(alert_json(key, alert));
  const Json json{{"at", unix_seconds(now)}, {"alerts", std::move(list)}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string mirrors_json(const Published& published, SysTime now) {
  Json mirrors = Json::array();
  if (published.snapshot)
    for (const auto& view : published.snapshot->mirrors) mirrors.push_back(mirror_json(*view));
  Json json{{"at", unix_seconds(now)}, {"mirrors", std::move(mirrors)}};
  if (published.snapshot) json["self_fault"] = published.snapshot->self_fault;
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mw
