// Telegram: the length, that tags are whole and no text becomes one, and what its answers mean.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "alerts/layout.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

using Json = nlohmann::json;

const ReceiverKind& telegram() { return *find_receiver_kind("telegram"); }

Post rendered(const Message& message) {
  const Receiver receiver = sample_receiver(telegram(), message.language);
  return std::get<Post>(telegram().render(receiver, message, kSampleAttempt));
}

std::string text(const Message& message) { return Json::parse(rendered(message).body)["text"]; }

/// Each tag is one of ours and closed where HTML wants it, each ampersand begins an entity.
void check_html(const std::string& html) {
  std::vector<std::string> open;
  for (std::size_t i = html.find_first_of("<&"); i != std::string::npos; i = html.find_first_of("<&", i + 1)) {
    const std::size_t end = html.find_first_of(">;", i);
    REQUIRE(end != std::string::npos);
    std::string tag = html.substr(i + 1, end - i - 1);
    if (html[i] == '&') {
      CHECK((tag == "amp" || tag == "lt" || tag == "gt"));
    } else if (tag.starts_with('/')) {
      REQUIRE_FALSE(open.empty());
      CHECK(open.back() == tag.substr(1));
      open.pop_back();
    } else {
      if (tag.starts_with("a href=\"https://example.org/")) tag = "a";
      CHECK((tag == "b" || tag == "i" || tag == "code" || tag == "a"));
      open.push_back(tag);
    }
  }
  CHECK(open.empty());
}

Delivery judged(int status, const std::string& body) {
  return telegram().judge({status, body, std::chrono::seconds(9)});
}

std::size_t troubles(const std::string& token, const std::string& chat, const std::string& thread) {
  Receiver receiver = sample_receiver(telegram(), Language::english);
  receiver.secrets["token"] = Secret(token);
  receiver.options["chat_id"] = chat;
  receiver.options["thread_id"] = thread;
  for (const OptionTrouble& trouble : telegram().option_troubles(receiver))
    CHECK(trouble.what.find("hunter2") == std::string::npos);
  return telegram().option_troubles(receiver).size();
}

}  // namespace

TEST_CASE("telegram: the token is in the URL, the topic a number") {
  const Post post = rendered(storm(1));
  CHECK(post.url.reveal() == "https://api.telegram.org/bot100000000:made-up/sendMessage");
  CHECK(post.body.find("made-up") == std::string::npos);
  CHECK(Json::parse(post.body)["message_thread_id"] == 7);
  CHECK(Json::parse(post.body)["chat_id"] == "-1000000000000");
}

TEST_CASE("telegram: a storm fits, with whole tags, and says how much it leaves out") {
  const std::string html = text(storm(10'000));
  CHECK(html.size() <= 4096);
  CHECK(html.size() > 3900);
  check_html(html);
  CHECK(html.find("\nand 99") != std::string::npos);
}

TEST_CASE("telegram: long and hostile text is cut between tags and entities") {
  for (const std::string& hostile : {std::string(9000, '&'), std::string(9000, '<'), std::string(4000, '\n')}) {
    for (const std::size_t count : {1U, 3U, 50U}) {
      Message message = storm(count);
      message.vantage = hostile;
      for (Notice& notice : message.notices) {
        notice.title = hostile;
        notice.facts.assign(40, {hostile, hostile});
        notice.runbook_url = "https://example.org/?" + std::string(900, '&');
      }
      check_html(text(message));
      CHECK(text(message).size() <= 4096);
    }
  }
}

TEST_CASE("telegram: what a mirror says is no tag, no mention and no link") {
  const std::string html = text(sample_messages()[2].message);
  check_html(html);
  CHECK(html.find("＠everyone") != std::string::npos);
  CHECK(html.find("<code>a&lt;b&gt;&amp;\"*_`|[x](https://evil.example.org)</code>") != std::string::npos);
  Message message = storm(1);
  message.notices[0].title = "see https://evil.example.org #now @you";
  CHECK(text(message).starts_with("🟠 <b>see https：//evil.example.org ＃now ＠you</b>\n"));
}

TEST_CASE("telegram: an all-clear looks like one, and is silent") {
  const Post post = rendered(sample_messages()[1].message);
  CHECK(text(sample_messages()[1].message).starts_with("✅ <b>resolved: debian/tuna: MirrorStale is over</b>\n"));
  CHECK(Json::parse(post.body)["disable_notification"] == true);
  CHECK(Json::parse(rendered(storm(1)).body)["disable_notification"] == false);
}

TEST_CASE("telegram: only ok is acceptance") {
  CHECK(judged(200, R"({"ok":true,"result":{"message_id":1}})").outcome == Acceptance::accepted);
  CHECK(judged(200, R"({"ok":false})").outcome == Acceptance::later);
  CHECK(judged(200, "").outcome == Acceptance::later);
  CHECK(judged(200, "<html>").outcome == Acceptance::refused);
  CHECK(judged(200, R"({"ok":true,)" + std::string(16 * 1024, '[')).outcome == Acceptance::later);
  CHECK(judged(502, "<html>").outcome == Acceptance::later);
  CHECK(judged(0, "").outcome == Acceptance::later);
}

TEST_CASE("telegram: a chat that is gone is for somebody to repair, a bad text is not") {
  const auto bad = [](const std::string& what) {
    return judged(400, R"({"ok":false,"error_code":400,"description":"Bad Request: )" + what + "\"}");
  };
  CHECK(bad("chat not found").outcome == Acceptance::refused);
  CHECK(bad("group chat was upgraded to a supergroup chat").outcome == Acceptance::refused);
  CHECK(bad("message thread not found").outcome == Acceptance::refused);
  CHECK(bad("not enough rights to send text messages to the chat").outcome == Acceptance::refused);
  CHECK(bad("can't parse entities: hunter2").outcome == Acceptance::rejected);
  CHECK(bad("message is too long").outcome == Acceptance::rejected);
  CHECK(bad("chat not found").error == "status 400, chat not found");
  CHECK(bad("hunter2").error == "status 400");
  for (const int status : {401, 403, 404}) CHECK(judged(status, R"({"ok":false})").outcome == Acceptance::refused);
}

TEST_CASE("telegram: how long to wait is in the body, or else in the header") {
  const Delivery delivery = judged(429, R"({"ok":false,"error_code":429,"parameters":{"retry_after":17}})");
  CHECK(delivery.outcome == Acceptance::later);
  CHECK(delivery.retry_after == std::chrono::seconds(17));
  CHECK(judged(429, R"({"ok":false})").retry_after == std::chrono::seconds(9));
  CHECK(judged(429, R"({"parameters":{"retry_after":-5}})").retry_after == std::chrono::seconds(9));
}

TEST_CASE("telegram: options are checked, and the token is not quoted") {
  CHECK(troubles("1:a_B-c", "@channel_1", "") == 0);
  CHECK(troubles("hunter2", "12345", "1") == 1);
  CHECK(troubles("1:hunter2/x", "--5", "x") == 3);
  CHECK(troubles("1:", "@", "-1") == 3);
}
