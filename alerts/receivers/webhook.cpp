// The generic webhook: Alertmanager's payload version 4, so that whatever reads Alertmanager's reads ours.
// (Prometheus documentation, "Alertmanager: configuration, <webhook_config>".) Success is any 2xx. With a secret it is
// signed as the Standard Webhooks specification 1.0.0 says; without one it carries the same id all the same.
#include "alerts/authorization.hpp"
#include "alerts/layout.hpp"
#include "alerts/payload.hpp"
#include "probes/digest.hpp"
#include "probes/formats/base64.hpp"

namespace mw {

namespace {

constexpr std::string_view kSecretPrefix = "whsec_";

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
  authorize(headers, receiver);
  const auto key = key_of(receiver);
  if (receiver.secret("secret").empty() || !key) return headers;
  const std::string text = message.id + "." + at + "." + body;
  headers.emplace_back("webhook-signature", "v1," + base64(hmac_sha256(*key, text)));
  return headers;
}

Outgoing render(const Receiver& receiver, const Message& message, SysTime now) {
  std::string body = webhook_payload(message);
  Headers headers = headers_of(receiver, message, body, now);
  return Post{receiver.secret("url"), std::move(headers), std::move(body)};
}

std::vector<OptionTrouble> option_troubles(const Receiver& receiver) {
  std::vector<OptionTrouble> found = url_troubles(receiver, "url");
  const auto key = key_of(receiver);
  const bool fits = key && key->size() >= 24 && key->size() <= 64;
  if (!receiver.secret("secret").empty() && !fits)
    found.push_back({"secret", "is no signing secret, expected whsec_ and the base64 of 24 to 64 bytes"});
  for (OptionTrouble& trouble : credential_troubles(receiver)) found.push_back(std::move(trouble));
  return found;
}

}  // namespace

const ReceiverKind& webhook_receiver() {
  static const ReceiverKind kind = {
      .name = "webhook",
      .doc = "an HTTP POST of Alertmanager's webhook payload, version 4",
      .options = with_credentials({{.key = "url",
                                    .required = true,
                                    .secret = true,
                                    .doc = "where to send",
                                    .example = "https://example.org/hook"},
                                   {.key = "secret",
                                    .secret = true,
                                    .doc = "signs each request as Standard Webhooks does: whsec_…",
                                    .example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}),
      .pace = {.burst = 60, .each = std::chrono::seconds(1)},
      .render = render,
      .option_troubles = option_troubles,
  };
  return kind;
}

}  // namespace mw
