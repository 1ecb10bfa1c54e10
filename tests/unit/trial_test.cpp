// A receiver tried by hand: every kind shows that it is a test, and no answer shows a secret.
#include "alerts/trial.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

using Json = nlohmann::json;

Outgoing rendered(const Receiver& receiver, bool firing) {
  return find_receiver_kind(receiver.kind)
      ->render(receiver, trial_message(receiver, "shanghai-1", kSampleAttempt, firing), kSampleAttempt);
}

std::string body_of(const Outgoing& outgoing) {
  if (const auto* post = std::get_if<Post>(&outgoing)) return post->body;
  if (const auto* mail = std::get_if<Mail>(&outgoing)) return mail->text;
  return std::get<Program>(outgoing).input;
}

/// Whether so many bytes in a row of the secret are in the text.
bool tells_of(const std::string& text, const std::string& secret, std::size_t bytes) {
  for (std::size_t i = 0; i + bytes <= secret.size(); ++i)
    if (text.find(secret.substr(i, bytes)) != std::string::npos) return true;
  return false;
}

Receiver hook(const std::string& url) {
  Receiver receiver = sample_receiver(*find_receiver_kind("webhook"), Language::english);
  receiver.secrets = {{"url", Secret(url)}};
  return receiver;
}

std::string shown(const std::string& said, const Receiver& receiver) {
  return without_secrets(said, receiver, rendered(receiver, true));
}

}  // namespace

TEST_CASE("trial: the payload that programs read says so in its annotations and in the alert's name") {
  for (const char* name : {"webhook", "command"}) {
    const Receiver receiver = sample_receiver(*find_receiver_kind(name), Language::english);
    const Json payload = Json::parse(body_of(rendered(receiver, true)));
    CHECK(payload["commonLabels"] == Json{{"alertname", "MirrorwardenTest"}, {"severity", "info"}});
    CHECK(payload["commonAnnotations"]["test"] == "true");
    CHECK(payload["commonAnnotations"]["summary"].get<std::string>().starts_with("[TEST] "));
    CHECK(payload["status"] == "firing");
  }
}

TEST_CASE("trial: an Alertmanager shows a test by name and annotation") {
  const Receiver receiver = sample_receiver(*find_receiver_kind("alertmanager"), Language::chinese);
  const Json alert = Json::parse(body_of(rendered(receiver, true))).at(0);
  CHECK(alert["labels"]["alertname"] == "MirrorwardenTest");
  CHECK(alert["annotations"]["test"] == "true");
  CHECK(alert["annotations"]["summary"].get<std::string>().starts_with("[测试] "));
}

TEST_CASE("trial: PagerDuty's incident is of the lowest severity, and the all-clear closes that very one") {
  const Receiver receiver = sample_receiver(*find_receiver_kind("pagerduty"), Language::english);
  const Json opened = Json::parse(body_of(rendered(receiver, true)));
  const Json closed = Json::parse(body_of(rendered(receiver, false)));
  CHECK(find_receiver_kind("pagerduty")->opens_incidents);
  CHECK(opened["event_action"] == "trigger");
  CHECK(opened["payload"]["severity"] == "info");
  CHECK(opened["payload"]["summary"].get<std::string>().starts_with("[TEST] "));
  CHECK(closed["event_action"] == "resolve");
  CHECK(closed["dedup_key"] == opened["dedup_key"]);
}

TEST_CASE("trial: whatever the kind, the request is marked, and an answer that repeats it shows no secret") {
  for (const ReceiverKind* kind : receiver_kinds()) {
    CAPTURE(kind->name);
    const Receiver receiver = sample_receiver(*kind, Language::english);
    const Outgoing outgoing = rendered(receiver, true);
    const std::string body = body_of(outgoing);
    CHECK((kind->name == "email" || body.find("TEST") != std::string::npos));  // a mail's subject is encoded
    std::string said;
    for (const auto& [key, secret] : receiver.secrets) said += "bad " + secret.reveal() + "!\n";
    const std::string clean = without_secrets(said + body, receiver, outgoing);
    for (const auto& [key, secret] : receiver.secrets) {
      const std::string& whole = secret.reveal();
      const auto path = whole.find('/', whole.find("://") == std::string::npos ? 0 : whole.find("://") + 3);
      CHECK_FALSE(tells_of(
          clean, whole.find("://") == std::string::npos ? whole : whole.substr(std::min(path, whole.size())), 6));
    }
  }
}

TEST_CASE("trial: of a secret not even a piece is shown, of the address all that is none") {
  const Receiver receiver = hook("https://hooks.example.org/services/hunter2/swordfish?key=correcthorse");
  CHECK(shown("no such hook", receiver) == "no such hook");
  CHECK(shown("hooks.example.org is closed", receiver) == "hooks.example.org is closed");
  for (const char* said : {"no /services/hunter2/swordfish", "hunter2/sword", "key=correcthorse", "token correctho"}) {
    CAPTURE(said);
    const std::string clean = shown(said, receiver);
    CHECK(clean.find(kRedacted) != std::string::npos);
    for (const char* piece : {"hunter", "swordf", "orrecth"}) CHECK(clean.find(piece) == std::string::npos);
  }
  CHECK(shown("x", hook("https://example.org/")) == "x");
}

TEST_CASE("trial: a password shorter than any piece is hidden whole") {
  Receiver receiver = hook("https://example.org/");
  receiver.secrets["password"] = Secret("abc");
  CHECK(shown("no abc ab", receiver) == std::string("no ") + kRedacted + " ab");
}

TEST_CASE("trial: what is shown is one printable line of bounded length") {
  const std::string clean = shown("\x1b[31m" + std::string(20'000, 'x') + "\n\xff", hook("https://example.org/"));
  CHECK(clean.size() <= 500 + std::string("…").size());
  CHECK(clean.find('\x1b') == std::string::npos);
  CHECK(shown("a\nb", hook("https://example.org/")).find('\n') == std::string::npos);
}
