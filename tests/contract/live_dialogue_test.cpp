// An SMTP conversation's bookkeeping: which reply decides, what is kept of it, and what nothing may mislead.
#include "probes/live_dialogue.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

/// Lines of ours begin with "> ".
Dialogue after(const std::vector<std::string>& lines, std::vector<std::string> to = {"a@example.org"}) {
  Dialogue dialogue(std::move(to));
  for (const std::string& line : lines) {
    if (line.starts_with("> "))
      dialogue.sent(line.substr(2) + "\r\n");
    else
      dialogue.heard(line + "\r\n");
  }
  return dialogue;
}

}  // namespace

TEST_CASE("dialogue: only the reply to the text accepts a letter") {
  std::vector<std::string> lines;
  for (const char* line : {"220 hi", "> EHLO x", "250-x", "250 ok", "> MAIL FROM:<b@x>", "250 ok", "> RCPT TO:<a@x>",
                           "250 ok", "> DATA", "354 go"}) {
    lines.emplace_back(line);
    CHECK(!after(lines).decided());
  }
  CHECK(after(lines).step() == "the text");
  for (const int status : {250, 251, 451, 554}) {
    auto told = lines;
    told.push_back(std::to_string(status) + " 2.0.0 so be it");
    REQUIRE(after(told).decided());
    CHECK(after(told).receipt().status == status);
    CHECK(after(told).receipt().saw_text);
    CHECK(after(told).receipt().text == "2.0.0 so be it");
    told.insert(told.end(), {"> QUIT", "500 what"});
    CHECK(after(told).over());
    CHECK(after(told).receipt().status == status);
  }
}

TEST_CASE("dialogue: a refusal decides at any step, once its last line is there") {
  CHECK(!after({"554-no"}).decided());
  CHECK(after({"554-no", "554 never"}).receipt().text == "no\nnever");
  CHECK(!after({"554 no"}).receipt().saw_text);
  CHECK(after({"220 hi", "> EHLO x", "504 no"}).receipt().status == 504);
  CHECK(!after({"220 hi", "> EHLO x", "504 no", "> HELO x"}).decided());
  CHECK(after({"220 hi", "> HELO x", "250 ok", "> MAIL FROM:<b@x>", "552"}).receipt().status == 552);
  CHECK(after({"220 hi", "> DATA", "554 nobody to have it"}).receipt().status == 554);
  CHECK(!after({"what", "55 no", "abc def", ""}).decided());
}

TEST_CASE("dialogue: a line of the login is no command") {
  const std::vector<std::string> lines = {"220 hi",           "> EHLO x", "250 AUTH LOGIN", "> AUTH LOGIN",
                                          "334 VXNlcm5hbWU6", "> QUIT",   "334 x",          "> DATA"};
  CHECK(after(lines).stage() == Stage::login);
  CHECK(!after(lines).over());
  CHECK(after(lines).step() == "AUTH");
}

TEST_CASE("dialogue: while one recipient may yet be had, nothing is final") {
  const std::vector<std::string> to = {"a@x", "b@x", "c@x"};
  std::vector<std::string> lines = {"220 hi",          "> RCPT TO:<a@x>", "550 5.1.1 a",
                                    "> RCPT TO:<b@x>", "450 4.2.1 b",     "> RCPT TO:<c@x>"};
  CHECK(!after(lines, to).decided());
  auto none = lines;
  none.emplace_back("553 5.1.3 c");
  REQUIRE(after(none, to).decided());
  CHECK(after(none, to).receipt().status == 450);
  CHECK(after(none, to).receipt().text == "4.2.1 b");
  lines.insert(lines.end(), {"250 ok", "> DATA", "354 go", "250 ok"});
  CHECK(after(lines, to).receipt().refused == decltype(Receipt::refused){{"a@x", 550}, {"b@x", 450}});
}

TEST_CASE("dialogue: of an endless answer little is kept") {
  Dialogue dialogue({"a@x"});
  std::size_t lines = 0;
  while (dialogue.heard("554-" + std::string(996, 'x') + "\r\n") && lines < 1000) ++lines;
  CHECK(lines == 65);
  CHECK(dialogue.endless());
  Dialogue one({"a@x"});
  CHECK(one.heard("554 " + std::string(60'000, 'x') + "\r\n"));
  CHECK(one.receipt().text.size() == 16 * 1024);
  one.overheard();
  CHECK(!one.heard("554 x\r\n"));
}
