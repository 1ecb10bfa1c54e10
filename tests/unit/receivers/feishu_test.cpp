// Feishu: its signature, the card's size, that no text in it is Markdown, and its error codes.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "alerts/layout.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

using Json = nlohmann::json;

const ReceiverKind& feishu() { return *find_receiver_kind("feishu"); }

std::string body(const Receiver& receiver, const Message& message) {
  return std::get<Post>(feishu().render(receiver, message, kSampleAttempt)).body;
}

std::string body(const Message& message) { return body(sample_receiver(feishu(), message.language), message); }

Json card(const Message& message) { return Json::parse(body(message))["card"]; }

Delivery judged(int status, const std::string& text) { return feishu().judge({status, text, std::nullopt}); }

Acceptance outcome(int code, const std::string& msg) {
  return judged(200, R"({"code":)" + std::to_string(code) + R"(,"msg":")" + msg + "\",\"data\":{}}").outcome;
}

/// Every text of the card, wherever it stands.
void collect_tags(const Json& json, std::vector<std::string>& tags) {
  if (json.is_object() && json.contains("content")) tags.push_back(json["tag"]);
  for (const Json& each : json)
    if (each.is_structured()) collect_tags(each, tags);
}

}  // namespace

TEST_CASE("feishu: time and secret are the signature's key") {
  Receiver receiver = sample_receiver(feishu(), Language::chinese);
  receiver.secrets["secret"] = Secret("testsecret");
  const Json sent = Json::parse(body(receiver, storm(1)));
  CHECK(sent["timestamp"] == "1700000000");
  CHECK(sent["sign"] == "AOc8oJ7//5OlQlfWC3nRL0R+IkuzcD1FKcAyibRK9Q8=");
  receiver.secrets.erase("secret");
  CHECK_FALSE(Json::parse(body(receiver, storm(1))).contains("sign"));
  CHECK_FALSE(Json::parse(body(receiver, storm(1))).contains("timestamp"));
}

TEST_CASE("feishu: a storm fits into 20 KB and says how much it leaves out") {
  const Message message = storm(10'000);
  CHECK(body(message).size() <= 20'000);
  CHECK(body(message).size() > 17'000);
  CHECK(body(message).find("\\nand 9") != std::string::npos);
}

TEST_CASE("feishu: long and hostile text fits") {
  for (const std::size_t count : {1U, 3U, 50U}) {
    Message message = storm(count);
    for (Notice& notice : message.notices) {
      notice.title = std::string(9000, '"');
      notice.facts.assign(40, {std::string(500, '\\'), std::string(9000, '"')});
      notice.runbook_url = "https://example.org/" + std::string(900, 'x');
    }
    CHECK(body(message).size() <= 20'000);
  }
}

TEST_CASE("feishu: every text is plain") {
  const Json sent = card(sample_messages()[2].message);
  std::vector<std::string> tags;
  collect_tags(sent, tags);
  CHECK(tags.size() > 8);
  for (const std::string& tag : tags) CHECK(tag == "plain_text");
  CHECK(sent.dump().find("\\u001b") == std::string::npos);
}

TEST_CASE("feishu: an all-clear looks like one") {
  const Json header = card(sample_messages()[1].message)["header"];
  CHECK(header["template"] == "green");
  CHECK(header["title"]["content"] == "✅ resolved: debian/tuna: MirrorStale is over");
  CHECK(card(storm(1))["header"]["template"] == "orange");
}

TEST_CASE("feishu: only code 0 is acceptance") {
  CHECK(outcome(0, "success") == Acceptance::accepted);
  CHECK(judged(200, R"({"StatusCode":0,"StatusMessage":"success"})").outcome == Acceptance::accepted);
  CHECK(judged(200, R"({"StatusCode":0,"code":9499,"msg":"Bad Request"})").outcome == Acceptance::rejected);
  CHECK(outcome(11232, "frequency limited psm") == Acceptance::later);
  CHECK(outcome(9499, "too many request") == Acceptance::later);
  CHECK(outcome(9499, "Bad Request") == Acceptance::rejected);
  CHECK(judged(400, R"({"code":9499,"msg":"Bad Request"})").outcome == Acceptance::rejected);
  CHECK(judged(400, R"({"code":11232,"msg":""})").outcome == Acceptance::later);
  for (const int code : {19001, 19021, 19022, 19024}) CHECK(outcome(code, "hunter2") == Acceptance::refused);
  CHECK(outcome(19002, "params error") == Acceptance::rejected);
  CHECK(judged(200, R"({"code":19021,"msg":"hunter2"})").error == "status 200, code 19021");
}

TEST_CASE("feishu: what is not its answer is not believed") {
  CHECK(judged(200, "").outcome == Acceptance::later);
  CHECK(judged(200, "<html>").outcome == Acceptance::refused);
  CHECK(judged(200, R"({"code":"x"})").outcome == Acceptance::later);
  CHECK(judged(200, R"({"code":0,)" + std::string(16 * 1024, '[')).outcome == Acceptance::later);
  CHECK(judged(400, R"({"code":0})").outcome == Acceptance::later);
  CHECK(judged(500, R"({"code":0})").outcome == Acceptance::later);
  CHECK(judged(404, "").outcome == Acceptance::refused);
  CHECK(judged(429, R"({"code":99991400})").outcome == Acceptance::later);
  CHECK(judged(0, "").outcome == Acceptance::later);
}

TEST_CASE("feishu: what is no URL is complained of") {
  Receiver receiver = sample_receiver(feishu(), Language::english);
  receiver.secrets["url"] = Secret("https://open.larksuite.com/open-apis/bot/v2/hook/x");
  CHECK(feishu().option_troubles(receiver).empty());
  receiver.secrets["url"] = Secret("hunter2");
  REQUIRE(feishu().option_troubles(receiver).size() == 1);
  CHECK(feishu().option_troubles(receiver)[0].what.find("hunter2") == std::string::npos);
}
