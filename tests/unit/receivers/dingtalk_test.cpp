// DingTalk: its signature, its keyword and calls, its Markdown without escapes, and its error codes.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "alerts/layout.hpp"
#include "probes/formats/base64.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

using Json = nlohmann::json;

const ReceiverKind& dingtalk() { return *find_receiver_kind("dingtalk"); }

Post rendered(const Receiver& receiver, const Message& message) {
  return std::get<Post>(dingtalk().render(receiver, message, kSampleAttempt));
}

Json sent(const Message& message) {
  return Json::parse(rendered(sample_receiver(dingtalk(), message.language), message).body);
}

Delivery judged(int status, const std::string& body) { return dingtalk().judge({status, body, std::nullopt}); }

Acceptance outcome(int code) {
  return judged(200, R"({"errcode":)" + std::to_string(code) + R"(,"errmsg":"…"})").outcome;
}

}  // namespace

TEST_CASE("dingtalk: the signature is of time and secret, keyed with the secret") {
  Receiver receiver = sample_receiver(dingtalk(), Language::chinese);
  receiver.secrets["secret"] = Secret("SECtest");
  CHECK(rendered(receiver, storm(1)).url.reveal() ==
        "https://oapi.dingtalk.com/robot/send?access_token=made-up&timestamp=1700000000000&"
        "sign=aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g%3D");
  receiver.secrets.erase("secret");
  CHECK(rendered(receiver, storm(1)).url == receiver.secret("url"));
}

TEST_CASE("dingtalk: the keyword is in the text, and there once") {
  Receiver receiver = sample_receiver(dingtalk(), Language::english);
  const auto text = [&] {
    return Json::parse(rendered(receiver, storm(2)).body)["markdown"]["text"].get<std::string>();
  };
  CHECK(text().starts_with("### 镜像 🟠 2 firing"));
  receiver.options["keyword"] = "firing";
  CHECK(text().starts_with("### 🟠 2 firing"));
  receiver.options.erase("keyword");
  CHECK(text().starts_with("### 🟠 2 firing"));
}

TEST_CASE("dingtalk: who is called is in the text as well, and only while something fires") {
  const Json firing = sent(storm(1));
  CHECK(firing["at"]["atMobiles"] == Json::parse(R"(["13800000000","13900000000"])"));
  CHECK(firing["at"]["isAtAll"] == false);
  CHECK(firing["markdown"]["text"].get<std::string>().ends_with(" @13800000000 @13900000000"));
  const Json over = sent(sample_messages()[1].message);
  CHECK(over["at"]["atMobiles"].empty());
  CHECK(over["markdown"]["text"].get<std::string>().find("@") == std::string::npos);
  CHECK(over["markdown"]["title"] == "镜像 ✅ resolved: debian/tuna: MirrorStale is over");
}

TEST_CASE("dingtalk: what a mirror says is neither Markdown nor a call") {
  Message message = sample_messages()[2].message;
  const std::string text = sent(message)["markdown"]["text"];
  CHECK(text.find("a＜b>&\"＊＿｀|［x］(https://evil.example.org)") != std::string::npos);
  CHECK(text.find("＠all ＜at id=all>＜/at> {{x}} ＼ ＼x1b") != std::string::npos);
  CHECK(text.find("✅ 恢复：debian/＜!channel> ＠everyone ＜/font> 已恢复") != std::string::npos);
  CHECK(text.find("sync_lag") != std::string::npos);
}

TEST_CASE("dingtalk: a storm fits into 20 000 bytes and says how much it leaves out") {
  Message message = storm(10'000);
  const auto size = [&] { return rendered(sample_receiver(dingtalk(), Language::english), message).body.size(); };
  CHECK(size() <= 20'000);
  CHECK(size() > 15'000);
  CHECK(sent(message)["markdown"]["text"].get<std::string>().find("\n\nand 9") != std::string::npos);
  for (Notice& notice : message.notices) {
    notice.title = std::string(9000, '*');
    notice.facts.assign(40, {std::string(500, '['), std::string(9000, ']')});
    notice.runbook_url = "https://example.org/" + std::string(900, 'x');
  }
  CHECK(size() <= 20'000);
}

TEST_CASE("dingtalk: only errcode 0 is acceptance") {
  CHECK(outcome(0) == Acceptance::accepted);
  for (const int code : {130101, 410100, -1}) CHECK(outcome(code) == Acceptance::later);
  for (const int code : {310000, 300001, 400013, 400101, 400102, 400106}) CHECK(outcome(code) == Acceptance::refused);
  for (const int code : {40035, 43004, 400105, 430101, 430104, 460101, 999999})
    CHECK(outcome(code) == Acceptance::rejected);
  CHECK(judged(200, R"({"errcode":310000,"errmsg":"hunter2"})").error == "status 200, errcode 310000");
}

TEST_CASE("dingtalk: what is not its answer is not believed") {
  CHECK(judged(200, "").outcome == Acceptance::later);
  CHECK(judged(200, "<html>").outcome == Acceptance::refused);
  CHECK(judged(200, R"({"errcode":"hunter2"})").outcome == Acceptance::later);
  CHECK(judged(200, R"({"errcode":0.0})").outcome == Acceptance::later);
  CHECK(judged(200, R"({"errcode":0,)" + std::string(16 * 1024, '[')).outcome == Acceptance::later);
  CHECK(judged(302, "").outcome == Acceptance::refused);
  CHECK(judged(500, R"({"errcode":0})").outcome == Acceptance::later);
  CHECK(judged(429, "").outcome == Acceptance::later);
  CHECK(judged(0, "").outcome == Acceptance::later);
}

TEST_CASE("dingtalk: options are checked, and secrets not quoted") {
  Receiver receiver = sample_receiver(dingtalk(), Language::english);
  receiver.secrets["secret"] = Secret("hunter2");
  receiver.options["at_mobiles"] = "138, @all";
  receiver.options["keyword"] = "*";
  const auto troubles = dingtalk().option_troubles(receiver);
  CHECK(troubles.size() == 3);
  for (const OptionTrouble& trouble : troubles) CHECK(trouble.what.find("hunter2") == std::string::npos);
}
