// Discord: the limits of embeds, that no text in them is Markdown or a mention, and how long it asks to wait.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "alerts/layout.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

using Json = nlohmann::json;

const ReceiverKind& discord() { return *find_receiver_kind("discord"); }

Json sent(const Message& message) {
  const Receiver receiver = sample_receiver(discord(), message.language);
  return Json::parse(std::get<Post>(discord().render(receiver, message, kSampleAttempt)).body);
}

std::size_t runes(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

/// Returns what counts towards the 6000.
std::size_t checked_size(const Json& embed) {
  CAPTURE(embed.dump());
  const std::string title = embed.value("title", "");
  const std::string description = embed.value("description", "");
  CHECK(runes(title) <= 256);
  CHECK(runes(description) <= 4096);
  CHECK(embed.value("fields", Json::array()).size() <= 25);
  std::size_t size = runes(title) + runes(description);
  if (embed.contains("footer")) size += runes(embed["footer"]["text"]);
  for (const Json& field : embed.value("fields", Json::array())) {
    CHECK((runes(field["name"]) >= 1 && runes(field["name"]) <= 256));
    CHECK((runes(field["value"]) >= 1 && runes(field["value"]) <= 1024));
    size += runes(field["name"]) + runes(field["value"]);
  }
  return size;
}

void check_limits(const Json& body) {
  CHECK(runes(body["content"]) <= 2000);
  CHECK(body["embeds"].size() <= 10);
  std::size_t size = 0;
  for (const Json& embed : body["embeds"]) size += checked_size(embed);
  CHECK(size <= 6000);
}

Delivery judged(int status, const std::string& body) {
  return discord().judge({status, body, std::chrono::seconds(9)});
}

}  // namespace

TEST_CASE("discord: a storm stays within each limit and says how much it leaves out") {
  const Json body = sent(storm(10'000));
  check_limits(body);
  CHECK(body["content"] == "🟠 **10000 firing: MirrorStale, debian**");
  const std::string list = body["embeds"][3]["description"];
  CHECK(list.find("\nand 99") != std::string::npos);
  CHECK(list.find("more\n\n[Runbook](https://example.org/runbooks/MirrorStale) · [Mirror page](") != std::string::npos);
}

TEST_CASE("discord: long and hostile text stays within each limit") {
  for (const std::size_t count : {1U, 3U, 50U}) {
    Message message = storm(count);
    for (Notice& notice : message.notices) {
      notice.title = std::string(9000, '*');
      notice.facts.assign(40, {std::string(500, '_'), std::string(9000, '|')});
      notice.runbook_url = "https://example.org/" + std::string(900, 'x');
    }
    check_limits(sent(message));
  }
}

TEST_CASE("discord: what a mirror says is neither Markdown nor a mention") {
  const Json body = sent(sample_messages()[2].message);
  CHECK(body["allowed_mentions"] == Json::parse(R"({"parse":[]})"));
  const Json over = body["embeds"][2];
  CHECK(over["title"] == "✅ 恢复：debian/\\<!channel\\> \\@everyone \\</font\\> 已恢复");
  CHECK(over["fields"][0]["value"] == "a\\<b\\>&\"\\*\\_\\`\\|\\[x\\](https\\://evil.example.org)");
  CHECK(over["fields"][1]["value"] == "\\@all \\<at id=all\\>\\</at\\> {{x}} \\\\ \\\\x1b");
}

TEST_CASE("discord: an all-clear looks like one") {
  const Json body = sent(sample_messages()[1].message);
  CHECK(body["content"] == "✅ **resolved: debian/tuna: MirrorStale is over**");
  CHECK(body["embeds"][0]["color"] == 0x2EB67D);
}

TEST_CASE("discord: its status decides, and a page is no acceptance") {
  CHECK(judged(204, "").outcome == Acceptance::accepted);
  CHECK(judged(200, R"({"id":"1"})").outcome == Acceptance::accepted);
  CHECK(judged(200, "<html>").outcome == Acceptance::refused);
  CHECK(judged(400, R"({"code":50035,"message":"hunter2"})").outcome == Acceptance::rejected);
  CHECK(judged(401, R"({"code":50027})").outcome == Acceptance::refused);
  CHECK(judged(404, R"({"message":"Unknown Webhook","code":10015})").outcome == Acceptance::refused);
  CHECK(judged(500, std::string(16 * 1024, '[')).outcome == Acceptance::later);
  CHECK(judged(0, "").outcome == Acceptance::later);
  CHECK(judged(400, R"({"message":"hunter2"})").error == "status 400");
}

TEST_CASE("discord: how long to wait is in the body, or else in the header") {
  CHECK(judged(429, R"({"message":"…","retry_after":1.5,"global":false})").retry_after ==
        std::chrono::milliseconds(1500));
  CHECK(judged(429, R"({"retry_after":0})").retry_after == Duration::zero());
  CHECK(judged(429, R"({"retry_after":1e300})").retry_after == std::chrono::hours(24));
  for (const char* bad : {"", "<html>", R"({"retry_after":-1})", R"({"retry_after":"nan"})", R"({"retry_after":1e999})",
                          R"({"retry_after":[1]})", R"({"retry_after":1} x)"}) {
    CAPTURE(bad);
    CHECK(judged(429, bad).retry_after == std::chrono::seconds(9));
    CHECK(judged(429, bad).outcome == Acceptance::later);
  }
}

TEST_CASE("discord: the endpoints for other shapes are complained of") {
  Receiver receiver = sample_receiver(discord(), Language::english);
  for (const char* bad : {"https://discord.com/api/webhooks/1/hunter2/slack",
                          "https://discord.com/api/webhooks/1/hunter2/github?wait=true", "discord.com/hunter2"}) {
    receiver.secrets["url"] = Secret(bad);
    REQUIRE(discord().option_troubles(receiver).size() == 1);
    CHECK(discord().option_troubles(receiver)[0].what.find("hunter2") == std::string::npos);
  }
}
