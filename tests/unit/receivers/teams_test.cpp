// Teams: the card's limit, that no text in it is Markdown, and what a workflow answers.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "alerts/layout.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

using Json = nlohmann::json;

const ReceiverKind& teams() { return *find_receiver_kind("teams"); }

std::string body(const Message& message) {
  const Receiver receiver = sample_receiver(teams(), message.language);
  return std::get<Post>(teams().render(receiver, message, kSampleAttempt)).body;
}

Json card(const Message& message) { return Json::parse(body(message))["attachments"][0]["content"]; }

std::string text_of(const Json& block) {
  std::string text;
  for (const Json& each : block["inlines"]) text += each["text"];
  return text;
}

Acceptance outcome(int status, const std::string& text) { return teams().judge({status, text, std::nullopt}).outcome; }

}  // namespace

TEST_CASE("teams: a storm fits into 28 KB and says how much it leaves out") {
  const Message message = storm(10'000);
  CHECK(body(message).size() <= 28'000);
  CHECK(body(message).size() > 20'000);
  const Json blocks = card(message)["body"];
  CHECK(text_of(blocks[0]) == "🟠 10000 firing: MirrorStale, debian");
  const std::size_t told = blocks.size() - 3 - 3 * 4;  // heading, "and more", sender; the facts of three
  CHECK(text_of(blocks[blocks.size() - 2]) == and_more(Language::english, 10'000 - told));
}

TEST_CASE("teams: one notice fits whatever it says") {
  Message message = storm(3);
  for (Notice& notice : message.notices) {
    notice.title = std::string(9000, '"');
    notice.facts.assign(40, {std::string(500, '\\'), std::string(9000, '"')});
  }
  CHECK(body(message).size() <= 28'000);
}

TEST_CASE("teams: all text is in text runs, which know no Markdown") {
  const Json sent = card(sample_messages()[2].message);
  for (const Json& block : sent["body"]) {
    CHECK(block["type"] == "RichTextBlock");
    for (const Json& each : block["inlines"]) CHECK(each["type"] == "TextRun");
  }
  CHECK(sent.dump().find("\\u001b") == std::string::npos);
  CHECK(sent["version"] == "1.2");
}

TEST_CASE("teams: an all-clear looks like one") {
  const Json heading = card(sample_messages()[1].message)["body"][0]["inlines"][0];
  CHECK(heading["color"] == "Good");
  CHECK(heading["text"] == "✅ resolved: debian/tuna: MirrorStale is over");
}

TEST_CASE("teams: any 2xx without a page is acceptance") {
  CHECK(outcome(202, "") == Acceptance::accepted);
  CHECK(outcome(200, "1") == Acceptance::accepted);
  CHECK(outcome(200, "<!DOCTYPE html>") == Acceptance::refused);
  CHECK(outcome(400, R"({"error":{"code":"TriggerInputSchemaMismatch","message":"hunter2"}})") == Acceptance::rejected);
  CHECK(outcome(400, R"({"error":{"code":"WorkflowTriggerIsNotEnabled"}})") == Acceptance::refused);
  CHECK(outcome(401, R"({"error":{"code":"DirectApiAuthorizationRequired"}})") == Acceptance::refused);
  CHECK(outcome(404, R"({"error":{"code":"WorkflowNotFound"}})") == Acceptance::refused);
  CHECK(outcome(413, "") == Acceptance::rejected);
  CHECK(outcome(429, "") == Acceptance::later);
  CHECK(outcome(502, std::string(16 * 1024, '[')) == Acceptance::later);
  CHECK(outcome(0, "") == Acceptance::later);
  CHECK(teams().judge({400, R"({"error":{"code":"hunter2"}})", std::nullopt}).error == "status 400");
}

TEST_CASE("teams: the retired connectors are complained of") {
  Receiver receiver = sample_receiver(teams(), Language::english);
  for (const char* bad : {"https://hunter2.webhook.office.com/webhookb2/x", "logic.azure.com/hunter2"}) {
    receiver.secrets["url"] = Secret(bad);
    REQUIRE(teams().option_troubles(receiver).size() == 1);
    CHECK(teams().option_troubles(receiver)[0].what.find("hunter2") == std::string::npos);
  }
}
