// One object for each alert, and what they have in common.
#include "alerts/payload.hpp"

#include <nlohmann/json.hpp>

#include "alerts/json_post.hpp"
#include "alerts/layout.hpp"

namespace mw {

namespace {

using Json = nlohmann::json;
using Labels = std::map<std::string, std::string>;

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

/// What all of them say alike.
Labels common(const Message& message, Labels Notice::*labels) {
  Labels shared = message.notices[0].*labels;
  for (const Notice& notice : message.notices)
    std::erase_if(shared, [&](const auto& pair) {
      const auto found = (notice.*labels).find(pair.first);
      return found == (notice.*labels).end() || found->second != pair.second;
    });
  return shared;
}

std::string payload_of(const Message& message, std::size_t shown) {
  Json alerts = Json::array();
  for (std::size_t i = 0; i < shown; ++i) alerts.push_back(alert_json(message.notices[i]));
  const Json payload = {{"version", "4"},
                        {"groupKey", message.group_key},
                        {"truncatedAlerts", message.count() - shown},
                        {"status", message.firing() ? "firing" : "resolved"},
                        {"receiver", message.receiver},
                        {"groupLabels", message.group_labels},
                        {"commonLabels", common(message, &Notice::labels)},
                        {"commonAnnotations", common(message, &Notice::annotations)},
                        {"externalURL", message.external_url},
                        {"alerts", alerts}};
  return json_text(payload);
}

/// A test says so in what it tells of its alerts.
Message with_marks(Message message) {
  for (Notice& notice : message.notices) notice.annotations = annotations_of(notice, message);
  return message;
}

}  // namespace

std::string webhook_payload(const Message& message) {
  if (message.kind != MessageKind::test)
    return fitting(message, kLargestMessage, [&](std::size_t shown) { return payload_of(message, shown); });
  const Message marked = with_marks(message);
  return fitting(marked, kLargestMessage, [&](std::size_t shown) { return payload_of(marked, shown); });
}

}  // namespace mw
