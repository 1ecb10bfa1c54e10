// The generic webhook: Alertmanager's payload version 4, so that whatever reads Alertmanager's reads ours.
// (Prometheus documentation, "Alertmanager: configuration, <webhook_config>".) Success is any 2xx. With a secret it is
// signed as the Standard Webhooks specification 1.0.0 says; without one it carries the same id all the same.
#include <nlohmann/json.hpp>

#include "alerts/layout.hpp"
#include "probes/digest.hpp"
#include "probes/formats/base64.hpp"

namespace mw {

namespace {

using Json = nlohmann::json;
using Labels = std::map<std::string, std::string>;

constexpr const char* kNotEnded = "0001-01-01T00:00:00Z";
constexpr std::string_view kSecretPrefix = "whsec_";

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
                        {"truncatedAlerts", message.notices.size() - shown},
                        {"status", message.firing() ? "firing" : "resolved"},
                        {"receiver", message.receiver},
                        {"groupLabels", message.group_labels},
                        {"commonLabels", common(message, &Notice::labels)},
                        {"commonAnnotations", common(message, &Notice::annotations)},
                        {"externalURL", message.external_url},
                        {"alerts", alerts}};
  return payload.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<std::string> key_of(const Receiver& receiver) {
  std::string_view text = receiver.secret("secret").reveal();
  if (text.starts_with(kSecretPrefix)) text.remove_prefix(kSecretPrefix.size());
  return from_base64(text);
}

Headers headers_of(const Receiver& receiver, const Message& message, const std::string& body, SysTime now) {
  const auto at = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  Headers headers = {{"Content-Type", "application/json"},
                     {"Idempotency-Key", message.id},
                     {"webhook-id", message.id},
                     {"webhook-timestamp", at}};
  const auto key = key_of(receiver);
  if (receiver.secret("secret").empty() || !key) return headers;
  const std::string text = message.id + "." + at + "." + body;
  headers.emplace_back("webhook-signature", "v1," + base64(hmac_sha256(*key, text)));
  return headers;
}

Outgoing render(const Receiver& receiver, const Message& message, SysTime now) {
  std::string body =
      fitting(message, kLargestMessage, [&message](std::size_t shown) { return payload_of(message, shown); });
  Headers headers = headers_of(receiver, message, body, now);
  return Post{receiver.secret("url"), std::move(headers), std::move(body)};
}

std::vector<OptionTrouble> option_troubles(const Receiver& receiver) {
  std::vector<OptionTrouble> found = url_troubles(receiver, "url");
  const auto key = key_of(receiver);
  const bool fits = key && key->size() >= 24 && key->size() <= 64;
  if (!receiver.secret("secret").empty() && !fits)
    found.push_back({"secret", "is no signing secret, expected whsec_ and the base64 of 24 to 64 bytes"});
  return found;
}

}  // namespace

const ReceiverKind& webhook_receiver() {
  static const ReceiverKind kind = {
      .name = "webhook",
      .doc = "an HTTP POST of Alertmanager's webhook payload, version 4",
      .options = {{.key = "url",
                   .required = true,
                   .secret = true,
                   .doc = "where to send",
                   .example = "https://example.org/hook"},
                  {.key = "secret",
                   .secret = true,
                   .doc = "signs each request as Standard Webhooks does: whsec_…",
                   .example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}},
      .pace = {.burst = 60, .each = std::chrono::seconds(1)},
      .render = render,
      .option_troubles = option_troubles,
  };
  return kind;
}

}  // namespace mw
