// WeCom: its 4096 bytes, its Markdown without escapes, and its error codes.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "alerts/layout.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

using Json = nlohmann::json;

const ReceiverKind& wecom() { return *find_receiver_kind("wecom"); }

std::string content(const Message& message) {
  const Receiver receiver = sample_receiver(wecom(), message.language);
  const auto post = std::get<Post>(wecom().render(receiver, message, kSampleAttempt));
  return Json::parse(post.body)["markdown"]["content"];
}

Delivery judged(int status, const std::string& body) { return wecom().judge({status, body, std::nullopt}); }

Acceptance outcome(int code) {
  return judged(200, R"({"errcode":)" + std::to_string(code) + R"(,"errmsg":"…"})").outcome;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("wecom: a storm fits into 4096 bytes and says how much it leaves out") {
  Message message = storm(10'000);
  CHECK(content(message).size() <= 4096);
  CHECK(content(message).size() > 3900);
  CHECK(content(message).find("\nand 99") != std::string::npos);
  message.language = Language::chinese;
  for (Notice& notice : message.notices) notice.title = "镜像镜像镜像镜像镜像";
  CHECK(content(message).size() <= 4096);
  CHECK(content(message).find("\n另有 99") != std::string::npos);
}

TEST_CASE("wecom: long and hostile text is cut between tags") {
  for (const std::string& hostile : {std::string(9000, '*'), std::string(9000, '<'), std::string(4000, '\n')}) {
    for (const std::size_t many : {1U, 3U, 50U}) {
      Message message = storm(many);
      message.vantage = hostile;
      for (Notice& notice : message.notices) {
        notice.title = hostile;
        notice.facts.assign(40, {hostile, hostile});
        notice.runbook_url = "https://example.org/" + std::string(900, 'x');
      }
      const std::string text = content(message);
      CHECK(text.size() <= 4096);
      CHECK(count(text, "<font") == 2);
      CHECK(count(text, "</font>") == 2);
      CHECK(count(text, "<") == 4);
      CHECK(count(text, "**") % 2 == 0);
    }
  }
}

TEST_CASE("wecom: what a mirror says is neither Markdown nor a mention") {
  const std::string text = content(sample_messages()[2].message);
  CHECK(text.find(">镜像：a＜b>＆\"＊_｀|［x］(https://evil.example.org)\n") != std::string::npos);
  CHECK(text.find(">原因：@all ＜at id=all>＜/at> {{x}} \\ \\x1b\n") != std::string::npos);
  CHECK(text.find("**✅ 恢复：debian/＜!channel> @everyone ＜/font> 已恢复**\n") != std::string::npos);
}

TEST_CASE("wecom: an all-clear looks like one") {
  CHECK(content(sample_messages()[1].message)
            .starts_with("## <font color=\"info\">✅ resolved: debian/tuna: MirrorStale is over</font>\n"));
  CHECK(content(storm(1)).starts_with("## <font color=\"warning\">🟠 "));
}

TEST_CASE("wecom: only errcode 0 is acceptance") {
  CHECK(outcome(0) == Acceptance::accepted);
  for (const int code : {45009, 45033, -1}) CHECK(outcome(code) == Acceptance::later);
  CHECK(outcome(93000) == Acceptance::refused);
  for (const int code : {40008, 40058, 44004, 45002, 999999}) CHECK(outcome(code) == Acceptance::rejected);
  CHECK(judged(200, R"({"errcode":93000,"errmsg":"hunter2"})").error == "status 200, errcode 93000");
}

TEST_CASE("wecom: what is not its answer is not believed") {
  CHECK(judged(200, "").outcome == Acceptance::later);
  CHECK(judged(200, "<html>").outcome == Acceptance::refused);
  CHECK(judged(200, R"({"errcode":null})").outcome == Acceptance::later);
  CHECK(judged(200, R"({"errcode":0,"errcode":93000})").outcome == Acceptance::later);
  CHECK(judged(200, R"({"errcode":0,)" + std::string(16 * 1024, '[')).outcome == Acceptance::later);
  CHECK(judged(404, "").outcome == Acceptance::refused);
  CHECK(judged(502, R"({"errcode":0})").outcome == Acceptance::later);
  CHECK(judged(0, "").outcome == Acceptance::later);
}

TEST_CASE("wecom: a URL without its key is complained of") {
  Receiver receiver = sample_receiver(wecom(), Language::english);
  for (const char* bad : {"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?hunter2", "hunter2"}) {
    receiver.secrets["url"] = Secret(bad);
    REQUIRE(wecom().option_troubles(receiver).size() == 1);
    CHECK(wecom().option_troubles(receiver)[0].what.find("hunter2") == std::string::npos);
  }
}
