// The pages that are lists of all there is.
#include "exporter/web/api.hpp"

#include <cmath>

#include "exporter/exposition.hpp"
#include "exporter/web/api_json.hpp"

namespace mw {

namespace {

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

std::string error_json(int status, std::string_view message) {
  return page({{"error", {{"status", status}, {"message", printable(message, 16 * 1024)}}}});
}

std::string receivers_json(const Published& published, SysTime now) {
  Json list = Json::array();
  for (const ReceiverView& view : published.receivers) list.push_back(receiver_json(view));
  const Json json{{"at", unix_seconds(now)}, {"receivers", std::move(list)}};
  return page(json);
}

std::string alerts_json(const Published& published, SysTime now) {
  Json list = Json::array();
  for (const auto& [key, alert] : *published.alerts)
    if (alert.phase != Phase::inactive) list.push_back(alert_json(key, alert));
  const Json json{{"at", unix_seconds(now)}, {"alerts", std::move(list)}};
  return page(json);
}

std::string mirrors_json(const Published& published, SysTime now) {
  Json mirrors = Json::array();
  if (published.snapshot)
    for (const auto& view : published.snapshot->mirrors) mirrors.push_back(mirror_json(*view));
  Json json{{"at", unix_seconds(now)}, {"mirrors", std::move(mirrors)}};
  if (published.snapshot) json["self_fault"] = published.snapshot->self_fault;
  return page(json);
}

}  // namespace mw
