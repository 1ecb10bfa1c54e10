// Mail: its header against injection and folding, its threads, its two bodies, and what an SMTP reply means.
#include <catch2/catch.hpp>

#include "alerts/layout.hpp"
#include "probes/formats/base64.hpp"
#include "probes/formats/text.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

const ReceiverKind& email() { return *find_receiver_kind("email"); }

Mail rendered(const Receiver& receiver, const Message& message) {
  return std::get<Mail>(email().render(receiver, message, kSampleAttempt));
}

Mail rendered(const Message& message) { return rendered(sample_receiver(email(), message.language), message); }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    REQUIRE(end != std::string_view::npos);
    lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end + 2);
  }
  return lines;
}

/// The field's lines as they stand; of a field that is there twice, both.
std::string field(const Mail& mail, const std::string& name) {
  std::string found;
  bool within = false;
  for (const std::string& each : lines_of(mail.text)) {
    if (each.empty()) break;
    const bool begins = each.starts_with(name + ": ");
    within = begins || (within && each.starts_with(' '));
    if (within) found += begins ? each.substr(name.size() + 2) : "\r\n" + each;
  }
  return found;
}

/// 0 is the text, 1 the HTML.
std::string body(const Mail& mail, std::size_t which) {
  std::string encoded;
  std::size_t part = 0;
  bool in_body = false;
  for (const std::string& each : lines_of(mail.text)) {
    if (each.starts_with("--=_")) {
      ++part;
      in_body = false;
    } else if (each.empty()) {
      in_body = part > 0;
    } else if (in_body && part == which + 1) {
      encoded += each;
    }
  }
  return from_base64(encoded).value_or("no base64");
}

void check_lines(const Mail& mail) {
  for (const std::string& each : lines_of(mail.text)) {
    CAPTURE(each);
    CHECK(each.size() <= 76);
    CHECK(std::all_of(each.begin(), each.end(), [](char c) { return c >= ' ' && c < '\x7F'; }));
    CHECK_FALSE(each.starts_with('.'));
  }
}

/// To a text that was seen, unless it is said.
Delivery judged(int status, const std::string& words, bool saw_message = true) {
  return email().judge({status, words, std::nullopt, saw_message});
}

Acceptance outcome(int status) { return judged(status, "hunter2").outcome; }

std::vector<OptionTrouble> troubles(const std::string& key, const std::string& value) {
  Receiver receiver = sample_receiver(email(), Language::english);
  receiver.options[key] = value;
  return email().option_troubles(receiver);
}

}  // namespace

TEST_CASE("email: who, when and what") {
  const Mail mail = rendered(sample_messages()[0].message);
  CHECK(mail.from == "warden@example.org");
  CHECK(mail.to == std::vector<std::string>{"oncall@example.org", "mirrors@example.org"});
  CHECK(field(mail, "From") == "mirrorwarden <warden@example.org>");
  CHECK(field(mail, "To") == "oncall@example.org,\r\n mirrors@example.org");
  CHECK(field(mail, "Date") == "Tue, 14 Nov 2023 22:13:20 +0000");
  CHECK(field(mail, "Subject") == "debian/tuna is 7h behind (sync_lag > 6h)");
  CHECK(field(mail, "Auto-Submitted") == "auto-generated");
  CHECK(field(mail, "Message-ID") == "<b26b0b4f2d5c4f3e8f0e3a2d1c0b9a87@example.org>");
}

TEST_CASE("email: a group's mails are one thread, each with its own id") {
  const Mail first = rendered(sample_messages()[0].message);
  Message later = sample_messages()[1].message;
  later.id = "another";
  const Mail second = rendered(later);
  CHECK(field(first, "References") == field(second, "References"));
  CHECK(field(first, "In-Reply-To") == field(first, "References"));
  CHECK(field(first, "Message-ID") != field(second, "Message-ID"));
  later.group_key += "x";
  CHECK(field(rendered(later), "References") != field(second, "References"));
}

TEST_CASE("email: a subject is encoded in whole code points, and folded") {
  Message message = storm(1);
  message.notices[0].title = "镜像站 debian/阿里云 已经落后上游七个小时，请立即检查同步任务是否仍在运行";
  const Mail mail = rendered(message);
  check_lines(mail);
  std::string decoded;
  std::string rest = field(mail, "Subject");
  for (std::size_t at = rest.find("=?UTF-8?B?"); at != std::string::npos; at = rest.find("=?UTF-8?B?", at + 1)) {
    const std::string word = from_base64(rest.substr(at + 10, rest.find("?=", at) - at - 10)).value_or("!");
    CHECK((static_cast<unsigned char>(word[0]) & 0xC0U) != 0x80);
    decoded += word;
  }
  CHECK(decoded == message.notices[0].title);
  message.notices[0].title = "=?UTF-8?Q?hidden?=";
  CHECK(field(rendered(message), "Subject").starts_with("=?UTF-8?B?"));
}

TEST_CASE("email: nothing that is said begins another header field") {
  Message message = storm(1);
  message.notices[0].title = "x\r\nBcc: hunter2@example.org\r\n\r\n<html>";
  message.id = "id>\r\nBcc: hunter2@example.org";
  message.group_key = "\r\nBcc: hunter2@example.org";
  message.vantage = "\r\n.\r\nMAIL FROM:<>";
  Receiver receiver = sample_receiver(email(), Language::english);
  receiver.options["from"] = "x@example.org>\r\nBcc: <hunter2@example.org";
  receiver.options["to"] = "a@example.org, b@example.org\r\nBcc: hunter2@example.org";
  const Mail mail = rendered(receiver, message);
  check_lines(mail);
  CHECK(field(mail, "Bcc").empty());
  CHECK(field(mail, "From") == "mirrorwarden <mirrorwarden@localhost>");
  CHECK(field(mail, "To") == "a@example.org");
  CHECK(mail.to == std::vector<std::string>{"a@example.org"});
  CHECK(mail.from == "mirrorwarden@localhost");
}

TEST_CASE("email: text and HTML say the same, and the HTML holds no markup but ours") {
  const Mail mail = rendered(sample_messages()[2].message);
  check_lines(mail);
  const std::string text = body(mail, 0);
  const std::string html = body(mail, 1);
  CHECK(text.find("镜像：a<b>&\"*_`|[x](https://evil.example.org)\r\n") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(html.find("<td>a&lt;b&gt;&amp;\"*_`|[x](https://evil.example.org)</td>") != std::string::npos);
  CHECK(html.find("✅ 恢复：debian/&lt;!channel&gt; @everyone &lt;/font&gt; 已恢复") != std::string::npos);
  CHECK(html.find("<a href=\"https://example.org/runbooks/MirrorStale\">处置手册</a>") != std::string::npos);
  CHECK(html.find("</font>") == std::string::npos);
}

TEST_CASE("email: an all-clear looks like one") {
  const Mail mail = rendered(sample_messages()[1].message);
  CHECK(field(mail, "Subject") == "resolved: debian/tuna: MirrorStale is over");
  CHECK(body(mail, 1).find("<h2 style=\"color:#1E7D4F\">✅ resolved: ") != std::string::npos);
}

TEST_CASE("email: a storm stays within 64 KiB and says how much it leaves out") {
  const Mail mail = rendered(storm(10'000));
  check_lines(mail);
  CHECK(mail.text.size() <= kLargestMessage);
  CHECK(mail.text.size() > kLargestMessage - 2000);
  CHECK(body(mail, 0).find("\r\nand 9") != std::string::npos);
  CHECK(body(mail, 1).find("<p>and 9") != std::string::npos);
  Message message = storm(1);
  message.notices[0].title = std::string(9000, '<');
  message.notices[0].facts.assign(40, {std::string(500, '&'), std::string(9000, '&')});
  CHECK(rendered(message).text.size() <= kLargestMessage);
}

TEST_CASE("email: an SMTP reply says whether to try again") {
  for (const int status : {250, 251, 252, 200}) CHECK(outcome(status) == Acceptance::accepted);
  for (const int status : {0, 421, 450, 451, 452, 454, 354, 100}) CHECK(outcome(status) == Acceptance::later);
  for (const int status : {530, 534, 535, 538}) CHECK(outcome(status) == Acceptance::refused);
  for (const int status : {500, 501, 550, 552, 554}) CHECK(outcome(status) == Acceptance::rejected);
  CHECK(judged(550, "hunter2").error == "status 550");
}

TEST_CASE("email: what has to be repaired is no dead letter") {
  for (const char* words : {"5.7.1 relaying denied", "5.1.1 no such user\n5.1.1 hunter2", "5.1.10"})
    CHECK(judged(550, words).outcome == Acceptance::refused);
  for (const char* words : {"5.7.1", "5.1.8 no such sender"}) CHECK(judged(554, words).outcome == Acceptance::refused);
  for (const char* words : {"5.7.10 hm", "5.6.0 spam", "15.1.1", "5.1", "5.1.x", "15.7.1", ""})
    CHECK(judged(554, words).outcome == Acceptance::rejected);
  for (const int status : {500, 502, 504, 550, 553, 554})
    CHECK(judged(status, "", false).outcome == Acceptance::refused);
  CHECK(judged(552, "5.3.4 too large", false).outcome == Acceptance::rejected);
  CHECK(judged(451, "4.7.1 greylisted", false).outcome == Acceptance::later);
  CHECK(judged(550, "5.1.1 hunter2").error == "status 550, 5.1.1");
  CHECK(judged(451, "4.7.1 hunter2").error == "status 451, 4.7.1");
  CHECK(judged(550, "hunter2.1.1").error == "status 550");
}

TEST_CASE("email: whom the server would not have it for is told") {
  const Delivery delivery = email().judge({250, "2.0.0 ok", std::nullopt, true, {"a@b.org (550)", "c@b.org (450)"}});
  CHECK(delivery.outcome == Acceptance::accepted);
  CHECK(delivery.error == "accepted, but not for a@b.org (550), c@b.org (450)");
  CHECK(judged(250, "2.0.0 ok").error.empty());
}

TEST_CASE("email: how the server is spoken to") {
  const Message message = storm(1);
  Receiver receiver = sample_receiver(email(), Language::english);
  CHECK(rendered(receiver, message).hello == "warden.example.org");
  CHECK(rendered(receiver, message).ca_file == "/etc/mirrorwarden/mail-ca.pem");
  CHECK(!rendered(receiver, message).in_the_clear);
  for (const char* hello : {"", "x\r\nQUIT", "a b"}) {
    receiver.options["hello"] = hello;
    CHECK(rendered(receiver, message).hello == "example.org");
  }
  receiver.options["starttls"] = "never";
  CHECK(rendered(receiver, message).in_the_clear);
  for (const char* other : {"", "always", "NEVER"}) {
    receiver.options["starttls"] = other;
    CHECK(!rendered(receiver, message).in_the_clear);
  }
}

TEST_CASE("email: options are checked") {
  for (const char* good : {"smtp://localhost", "smtp://[::1]:2525", "SMTPS://mail.example.org:465/"})
    CHECK(troubles("url", good).empty());
  for (const char* bad : {"mail.example.org", "https://mail.example.org", "smtp://u:hunter2@mail.example.org",
                          "smtp://mail.example.org/path", "smtp://", "smtp:///x"}) {
    CAPTURE(bad);
    REQUIRE(troubles("url", bad).size() == 1);
    CHECK(troubles("url", bad)[0].what.find("hunter2") == std::string::npos);
  }
  for (const char* bad : {"warden", "@example.org", "w@", "w@x@y", "W <w@example.org>", "w@example.org\r\nBcc: x"})
    CHECK(troubles("from", bad).size() == 1);
  CHECK(troubles("to", "a@example.org,b+c@example.org").empty());
  CHECK(troubles("to", "a@example.org;b@example.org").size() == 1);
  CHECK(troubles("to", " , ").size() == 1);
  CHECK(troubles("user", "").size() == 1);
  CHECK(troubles("starttls", "never").empty());
  CHECK(troubles("starttls", "sometimes").size() == 1);
  CHECK(troubles("hello", "").empty());
  CHECK(troubles("hello", "a b").size() == 1);
}
