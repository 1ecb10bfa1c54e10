// PagerDuty: one incident for a group, its severity, and what its answers mean.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "alerts/layout.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

using Json = nlohmann::json;

const ReceiverKind& pagerduty() { return *find_receiver_kind("pagerduty"); }

Json event(const Message& message) {
  const Receiver receiver = sample_receiver(pagerduty(), message.language);
  return Json::parse(std::get<Post>(pagerduty().render(receiver, message, kSampleAttempt)).body);
}

Acceptance outcome(int status, const std::string& body) {
  return pagerduty().judge({status, body, std::nullopt}).outcome;
}

std::string severity(const std::string& label) {
  Message message = storm(2);
  message.notices[0].labels["severity"] = label;
  message.notices[1].labels.erase("severity");
  return event(message)["payload"]["severity"];
}

}  // namespace

TEST_CASE("pagerduty: a group is one incident, and another group or receiver another") {
  Message message = sample_messages()[2].message;
  const Json first = event(message);
  CHECK(first["event_action"] == "trigger");
  CHECK(first["dedup_key"].get<std::string>().size() == 64);
  for (Notice& notice : message.notices) notice.firing = false;
  const Json last = event(message);
  CHECK(last["event_action"] == "resolve");
  CHECK(last["dedup_key"] == first["dedup_key"]);
  CHECK_FALSE(last.contains("payload"));
  message.receiver = "somebody else";
  CHECK(event(message)["dedup_key"] != first["dedup_key"]);
  message.receiver = "oncall";
  message.group_key += "x";
  CHECK(event(message)["dedup_key"] != first["dedup_key"]);
}

TEST_CASE("pagerduty: severity is the worst of what fires") {
  CHECK(severity("page") == "critical");
  CHECK(severity("Critical") == "critical");
  CHECK(severity("error") == "error");
  CHECK(severity("warning") == "warning");
  CHECK(severity("notice") == "info");
  CHECK(event(sample_messages()[2].message)["payload"]["severity"] == "warning");  // the page is over
}

TEST_CASE("pagerduty: a storm stays within its limits and says how much it leaves out") {
  Message message = storm(10'000);
  message.notices[0].title = std::string(9000, 'x');
  const Json sent = event(message);
  CHECK(sent.dump().size() <= kLargestMessage);
  CHECK(sent["payload"]["custom_details"]["left_out"].get<std::string>().starts_with("and "));
  message.notices.resize(1);
  CHECK(event(message)["payload"]["summary"].get<std::string>().size() <= 1024 + 2);  // "…" is three bytes
}

TEST_CASE("pagerduty: what a mirror says is printable and stays in its string") {
  const Json sent = event(sample_messages()[2].message);
  const std::string over = sent["payload"]["custom_details"]["resolved"];
  CHECK(over.find('\x1b') == std::string::npos);
  CHECK(over.find("\\x1b") != std::string::npos);
  CHECK(sent["links"].size() == 2);
}

TEST_CASE("pagerduty: only 202 is acceptance") {
  CHECK(outcome(202, R"({"status":"success","message":"Event processed","dedup_key":"x"})") == Acceptance::accepted);
  CHECK(outcome(202, "") == Acceptance::accepted);
  CHECK(outcome(202, "<html>") == Acceptance::refused);
  CHECK(outcome(200, "") == Acceptance::later);
  CHECK(outcome(200, "<html>") == Acceptance::refused);
  CHECK(outcome(429, "") == Acceptance::later);
  CHECK(outcome(500, std::string(16 * 1024, '{')) == Acceptance::later);
  CHECK(outcome(0, "") == Acceptance::later);
  CHECK(outcome(403, "") == Acceptance::refused);
}

TEST_CASE("pagerduty: a bad event is rejected, a bad key is for somebody to repair") {
  const auto errors = [](const std::string& what) {
    return R"({"status":"invalid event","message":"Event object is invalid","errors":[")" + what + "\"]}";
  };
  CHECK(outcome(400, errors("'payload.severity' is invalid")) == Acceptance::rejected);
  CHECK(outcome(400, errors("Length of 'routing_key' is incorrect (should be 32 characters)")) == Acceptance::refused);
  CHECK(outcome(400, errors("Invalid routing key")) == Acceptance::refused);
  CHECK(outcome(400, "") == Acceptance::rejected);
  CHECK(outcome(400, R"({"errors":)" + std::string(5000, '[')) == Acceptance::rejected);
  CHECK(pagerduty().judge({400, errors("routing_key hunter2"), std::nullopt}).error == "status 400, the routing key");
}

TEST_CASE("pagerduty: what is no integration key is complained of") {
  Receiver receiver = sample_receiver(pagerduty(), Language::english);
  for (const char* bad : {"hunter2", "e+hunter2hunter2hunter2hunter2h0", "hunter2hunter2hunter2hunter2hunter2"}) {
    receiver.secrets["routing_key"] = Secret(bad);
    REQUIRE(pagerduty().option_troubles(receiver).size() == 1);
    CHECK(pagerduty().option_troubles(receiver)[0].what.find("hunter2") == std::string::npos);
  }
  receiver.options["url"] = "events.pagerduty.com";
  CHECK(pagerduty().option_troubles(receiver).size() == 2);
}
