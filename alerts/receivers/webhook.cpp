// The generic webhook: Alertmanager's payload version 4, so that whatever reads Alertmanager's reads ours.
// (Prometheus documentation, "Alertmanager: configuration, <webhook_config>".) Success is any 2xx.
#include <nlohmann/json.hpp>

#include "alerts/receiver.hpp"

namespace mw {

namespace {

using Json = nlohmann::json;

constexpr const char* kNotEnded = "0001-01-01T00:00:00Z";

Json alert_json(const Notice& notice) {
  return {{"status", notice.firing ? "firing" : "resolved"},
          {"labels", notice.labels},
          {"annotations", notice.annotations},
          {"startsAt", rfc3339(notice.starts_at)},
          {"endsAt", notice.firing ? kNotEnded : rfc3339(notice.ends_at)},
          {"generatorURL", notice.generator_url},
          {"fingerprint", fingerprint(notice.labels)}};
}

std::map<std::string, std::string> group_labels(const Notice& notice) {
  std::map<std::string, std::string> group;
  for (const char* key : {"alertname", "mirror", "pool"})
    if (const auto found = notice.labels.find(key); found != notice.labels.end()) group.insert(*found);
  return group;
}

std::string group_key(const std::map<std::string, std::string>& labels) {
  std::string key = "{}:{";
  for (const auto& [name, value] : labels)
    key +=
        (key.back() == '{' ? "" : ", ") + name + "=" + Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
  return key + "}";
}

}  // namespace

Request render_webhook(const Receiver&, const Notice& notice) {
  const auto group = group_labels(notice);
  const Json payload = {{"version", "4"},
                        {"groupKey", group_key(group)},
                        {"truncatedAlerts", 0},
                        {"status", notice.firing ? "firing" : "resolved"},
                        {"receiver", notice.receiver},
                        {"groupLabels", group},
                        {"commonLabels", notice.labels},
                        {"commonAnnotations", notice.annotations},
                        {"externalURL", notice.external_url},
                        {"alerts", Json::array({alert_json(notice)})}};
  return {{{"Content-Type", "application/json"}}, payload.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace mw
