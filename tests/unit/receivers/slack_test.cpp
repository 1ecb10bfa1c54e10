// Slack: what its words mean, its limits, and that nothing a mirror says becomes a mention or mrkdwn.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "alerts/layout.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

using Json = nlohmann::json;

const ReceiverKind& slack() { return *find_receiver_kind("slack"); }

Post rendered(const Message& message) {
  return std::get<Post>(slack().render(sample_receiver(slack(), message.language), message, kSampleAttempt));
}

Json attachment(const Message& message) { return Json::parse(rendered(message).body)["attachments"][0]; }

Acceptance outcome(int status, const std::string& body) { return slack().judge({status, body, std::nullopt}).outcome; }

std::size_t runes(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

/// Every text object is within the limit of the block that it stands in.
void check_limits(const Json& blocks) {
  CHECK(blocks.size() <= 50);
  for (const Json& block : blocks) {
    CAPTURE(block.dump());
    if (block["type"] == "header") CHECK(runes(block["text"]["text"]) <= 150);
    if (block.contains("text")) CHECK(runes(block["text"]["text"]) <= 3000);
    if (block.contains("fields")) CHECK(block["fields"].size() <= 10);
    for (const Json& field : block.value("fields", Json::array())) CHECK(runes(field["text"]) <= 2000);
    if (block["type"] == "actions") CHECK(block["elements"].size() <= 25);
    if (block["type"] == "context") CHECK(block["elements"].size() <= 10);
  }
}

}  // namespace

TEST_CASE("slack: only 200 with ok is acceptance") {
  CHECK(outcome(200, "ok") == Acceptance::accepted);
  CHECK(outcome(200, "ok\n") == Acceptance::accepted);
  CHECK(outcome(200, R"({"ok":true})") == Acceptance::accepted);
  CHECK(outcome(200, R"({"ok":false,"error":"invalid_token"})") == Acceptance::refused);
  CHECK(outcome(200, R"({"ok":false,"error":"something_new"})") == Acceptance::later);
  CHECK(outcome(200, "") == Acceptance::later);
  CHECK(outcome(200, std::string(16 * 1024, '[')) == Acceptance::later);
  CHECK(outcome(200, R"({"ok":)" + std::string(4000, '[') + "}") == Acceptance::later);
  CHECK(outcome(200, "<html>sign in</html>") == Acceptance::refused);
  CHECK(outcome(202, "ok") == Acceptance::later);
}

TEST_CASE("slack: its words decide, and its status where it has none") {
  CHECK(outcome(400, "invalid_payload") == Acceptance::rejected);
  CHECK(outcome(400, "no_text") == Acceptance::rejected);
  CHECK(outcome(403, "action_prohibited") == Acceptance::refused);
  CHECK(outcome(403, "invalid_token") == Acceptance::refused);
  CHECK(outcome(404, "channel_not_found") == Acceptance::refused);
  CHECK(outcome(404, "no_service") == Acceptance::refused);
  CHECK(outcome(410, "channel_is_archived") == Acceptance::refused);
  CHECK(outcome(400, "user_not_found") == Acceptance::refused);
  CHECK(outcome(500, "rollup_error") == Acceptance::later);
  CHECK(outcome(429, "rate_limited") == Acceptance::later);
  CHECK(outcome(503, "<html>") == Acceptance::later);
  CHECK(outcome(0, "") == Acceptance::later);
  CHECK(slack().judge({429, "", std::chrono::seconds(7)}).retry_after == std::chrono::seconds(7));
}

TEST_CASE("slack: an error tells Slack's own words and no others") {
  CHECK(slack().judge({404, "no_service", std::nullopt}).error == "status 404, no_service");
  CHECK(slack().judge({404, "no hook T0/B0/hunter2", std::nullopt}).error == "status 404");
  CHECK(slack().judge({200, R"({"ok":false,"error":"hunter2"})", std::nullopt}).error ==
        "status 200, the answer is not Slack's");
}

TEST_CASE("slack: a storm stays within each block's limit and says how much it leaves out") {
  const Json sent = attachment(storm(10'000));
  check_limits(sent["blocks"]);
  CHECK(rendered(storm(10'000)).body.size() <= 40'000);
  CHECK(sent["blocks"][0]["text"]["text"] == "🟠 10000 firing: MirrorStale, debian");
  const std::string list = sent["blocks"][4]["text"]["text"];
  const auto lines = static_cast<std::size_t>(std::count(list.begin(), list.end(), '\n'));
  CHECK(lines > 30);
  CHECK(list.ends_with(and_more(Language::english, 10'000 - 3 - lines)));
}

TEST_CASE("slack: long and hostile text is cut, and no entity with it") {
  Message message = storm(1);
  message.notices[0].title = std::string(5000, '&');
  message.notices[0].facts.assign(40, {std::string(500, '<'), std::string(9000, '>')});
  const Json blocks = attachment(message)["blocks"];
  check_limits(blocks);
  CHECK(blocks[1]["fields"].size() == 10);
  CHECK(blocks[2]["fields"].size() == 10);
  const std::string header = blocks[0]["text"]["text"];
  CHECK(header.ends_with("&amp;…"));
}

TEST_CASE("slack: what a mirror says is plain text, with its brackets as entities") {
  const Json sent = attachment(sample_messages()[2].message);
  const std::string all = sent.dump();
  CHECK(all.find('<') == std::string::npos);
  CHECK(all.find("&lt;!channel&gt;") != std::string::npos);
  for (const Json& block : sent["blocks"])
    for (const Json& field : block.value("fields", Json::array()))
      CHECK((field["type"] == "plain_text" || field["text"].get<std::string>().find("evil") == std::string::npos));
}

TEST_CASE("slack: an all-clear looks like one") {
  const Json sent = attachment(sample_messages()[1].message);
  CHECK(sent["color"] == "#2EB67D");
  CHECK(sent["blocks"][0]["text"]["text"] == "✅ resolved: debian/tuna: MirrorStale is over");
}

TEST_CASE("slack: what is no URL is complained of") {
  Receiver receiver = sample_receiver(slack(), Language::english);
  receiver.secrets["url"] = Secret("hooks.slack.com/hunter2");
  REQUIRE(slack().option_troubles(receiver).size() == 1);
  CHECK(slack().option_troubles(receiver)[0].what.find("hunter2") == std::string::npos);
}
