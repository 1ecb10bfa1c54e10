// Alertmanager: when an alert begins and ends, and what makes it refuse one.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "alerts/layout.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

using Json = nlohmann::json;

const ReceiverKind& alertmanager() { return *find_receiver_kind("alertmanager"); }

Post rendered(const Message& message) {
  const Receiver receiver = sample_receiver(alertmanager(), message.language);
  return std::get<Post>(alertmanager().render(receiver, message, kSampleAttempt));
}

std::string url_for(const std::string& base) {
  Receiver receiver = sample_receiver(alertmanager(), Language::english);
  receiver.secrets["url"] = Secret(base);
  return std::get<Post>(alertmanager().render(receiver, storm(1), kSampleAttempt)).url.reveal();
}

Acceptance outcome(int status, const std::string& body) {
  return alertmanager().judge({status, body, std::nullopt}).outcome;
}

std::vector<OptionTrouble> troubles(const std::string& url) {
  Receiver receiver = sample_receiver(alertmanager(), Language::english);
  receiver.secrets["url"] = Secret(url);
  return alertmanager().option_troubles(receiver);
}

}  // namespace

TEST_CASE("alertmanager: the path is put behind the base URL") {
  CHECK(url_for("http://a.example.org:9093") == "http://a.example.org:9093/api/v2/alerts");
  CHECK(url_for("http://a.example.org:9093/") == "http://a.example.org:9093/api/v2/alerts");
  CHECK(url_for("https://example.org/prefix//") == "https://example.org/prefix/api/v2/alerts");
}

TEST_CASE("alertmanager: what fires ends four minutes after the attempt, what is over when it was") {
  Message message = sample_messages()[2].message;
  const Json alerts = Json::parse(rendered(message).body);
  REQUIRE(alerts.size() == 3);
  CHECK(alerts[0]["startsAt"] == "2023-11-14T21:08:20.000Z");
  CHECK(alerts[0]["endsAt"] == "2023-11-14T22:17:20.000Z");
  CHECK(alerts[2]["endsAt"] == "2023-11-14T22:08:20.000Z");
  message.notices[2].ends_at = message.notices[2].starts_at - std::chrono::hours(1);
  CHECK(Json::parse(rendered(message).body)[2]["endsAt"] == "2023-11-14T21:08:20.000Z");
}

TEST_CASE("alertmanager: labels are the notice's own, without the empty ones") {
  Message message = storm(1);
  message.notices[0].labels["tier"] = "";
  message.notices[0].generator_url = "not a url";
  const Json alert = Json::parse(rendered(message).body)[0];
  CHECK(alert["labels"].size() == 4);
  CHECK_FALSE(alert["labels"].contains("tier"));
  CHECK_FALSE(alert.contains("generatorURL"));
  CHECK(alert["annotations"] == Json(message.notices[0].annotations));
}

TEST_CASE("alertmanager: a test says so, a reminder is the alert as it was") {
  const auto summary = [](const SampleMessage& sample) {
    return Json::parse(rendered(sample.message).body)[0]["annotations"]["summary"].get<std::string>();
  };
  const auto samples = sample_messages();
  CHECK(summary(samples[3]) == summary(samples[0]));
  CHECK(summary(samples[4]) == "[TEST] " + summary(samples[0]));
}

TEST_CASE("alertmanager: what fires ends four resends after the attempt") {
  Receiver receiver = sample_receiver(alertmanager(), Language::english);
  receiver.options["resend"] = "30s";
  CHECK(alertmanager().resend(receiver) == std::chrono::seconds(30));
  const auto post = std::get<Post>(alertmanager().render(receiver, storm(1), kSampleAttempt));
  CHECK(Json::parse(post.body)[0]["endsAt"] == rfc3339(kSampleAttempt + std::chrono::minutes(2)));
}

TEST_CASE("alertmanager: what a message may hold is always told whole, however long its words are") {
  const std::size_t most = alertmanager().most_notices;
  CHECK(Json::parse(rendered(storm(most)).body).size() == most);
  Message message = storm(most);
  for (Notice& notice : message.notices) {
    notice.title = std::string(10'000, 'x');
    notice.annotations["description"] = std::string(100'000, '\x01');
  }
  const Post post = rendered(message);
  CHECK(post.body.size() < 1024 * 1024);
  const Json alerts = Json::parse(post.body);
  REQUIRE(alerts.size() == most);
  CHECK(alerts[0]["labels"] == Json(message.notices[0].labels));
  CHECK(alerts[0]["annotations"].size() == 1);
  CHECK(alerts[0]["annotations"]["summary"].get<std::string>().size() <= 500);
}

TEST_CASE("alertmanager: nothing of the agent is among the labels") {
  Message message = storm(1);
  const Json here = Json::parse(rendered(message).body)[0]["labels"];
  message.vantage = "frankfurt-1";
  message.id = "another";
  message.receiver = "another";
  CHECK(Json::parse(rendered(message).body)[0]["labels"] == here);
}

TEST_CASE("alertmanager: each of several addresses is looked at, and how often it is told again") {
  CHECK(troubles("http://a.example.org:9093 http://b.example.org:9093").empty());
  CHECK(troubles("http://a.example.org:9093 b.example.org").size() == 1);
  Receiver receiver = sample_receiver(alertmanager(), Language::english);
  for (const char* bad : {"0s", "999ms", "61m", "often"}) {
    receiver.options["resend"] = bad;
    CHECK(alertmanager().option_troubles(receiver).size() == 1);
  }
}

TEST_CASE("alertmanager: hostile text stays a string") {
  Message message = storm(1);
  message.notices[0].annotations["summary"] = "\x1b\xff\"}],";
  CHECK(Json::parse(rendered(message).body)[0]["annotations"]["summary"] == "\x1b\xEF\xBF\xBD\"}],");
}

TEST_CASE("alertmanager: its status decides, and a page is no acceptance") {
  CHECK(outcome(200, "") == Acceptance::accepted);
  CHECK(outcome(200, R"({"status":"success"})") == Acceptance::accepted);
  CHECK(outcome(200, "  <html>log in</html>") == Acceptance::refused);
  CHECK(outcome(302, "") == Acceptance::refused);
  CHECK(outcome(401, "") == Acceptance::refused);
  CHECK(outcome(404, "") == Acceptance::refused);
  CHECK(outcome(400, R"("start time must be before end time")") == Acceptance::rejected);
  CHECK(outcome(422, R"({"code":601,"message":"hunter2"})") == Acceptance::rejected);
  CHECK(outcome(429, "") == Acceptance::later);
  CHECK(outcome(500, std::string(16 * 1024, '[')) == Acceptance::later);
  CHECK(outcome(0, "") == Acceptance::later);
  CHECK(alertmanager().judge({422, "hunter2", std::nullopt}).error == "status 422");
}

TEST_CASE("alertmanager: the URL is a base, and is not quoted") {
  CHECK(troubles("http://a.example.org:9093/prefix").empty());
  for (const char* bad : {"a.example.org:9093/hunter2", "http://a.example.org/?x=hunter2",
                          "http://a.example.org/hunter2/api/v2/alerts", "http://a.example.org/api/v1/hunter2"}) {
    CAPTURE(bad);
    REQUIRE(troubles(bad).size() == 1);
    CHECK(troubles(bad)[0].what.find("hunter2") == std::string::npos);
  }
}
