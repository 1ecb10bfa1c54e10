// The fake door against the same table: what it calls a trouble must be what the live door found it to be.
#include "tests/support/fake_net.hpp"

#include <catch2/catch.hpp>

#include "tests/contract/live_door.hpp"
#include "tests/contract/situations.hpp"

using namespace mw;

namespace {

struct FakeDoor {
  asio::io_context loop;
  FakeNet net{loop};

  template <class Result>
  Result finish(Task<Result> task) {
    std::optional<Result> result;
    asio::co_spawn(loop, keep(std::move(task), result), asio::detached);
    net.run_for(10s);
    return std::move(result.value());
  }
};

void check_fetch(const Situation& situation) {
  FakeDoor door;
  if (situation.trouble != "refused") door.net.host("127.0.0.1:80").trouble = situation.trouble;
  const Reply reply = door.finish(door.net.fetch(fetch_of(80, situation.name)));
  INFO(situation.name << ", to the fake: " << situation.trouble);
  CHECK(verdict(reply.failure) == verdict(situation.expected));
  // Whoever is told that a file is too long wants to know whether it is the file.
  if (situation.expected->second == Reason::body_limit) CHECK(reply.status == situation.status);
}

}  // namespace

TEST_CASE("fake fetch: its troubles are the live door's") {
  for (const Situation& situation : fetch_situations())
    if (!situation.trouble.empty()) check_fetch(situation);
  for (const Situation& situation : greeting_situations())
    if (!situation.trouble.empty()) check_fetch(situation);
}

TEST_CASE("fake fetch: a status is not a failure") {
  for (const Situation& situation : fetch_situations()) {
    if (situation.expected) continue;
    FakeDoor door;
    door.net.host("127.0.0.1:80").pages["/" + std::string(situation.name)] = FakePage{situation.status, "body", {}};
    const Reply reply = door.finish(door.net.fetch(fetch_of(80, situation.name)));
    CHECK(!reply.failure);
    CHECK(reply.status == situation.status);
  }
}

TEST_CASE("fake submit: its troubles are the live door's") {
  for (const auto* situations : {&mail_situations(), &starttls_situations()})
    for (const Situation& situation : *situations) {
      if (situation.trouble.empty()) continue;
      FakeDoor door;
      if (situation.trouble != "refused") door.net.host("127.0.0.1:587").trouble = situation.trouble;
      Letter letter;
      letter.url = std::get<Url>(parse_mail_server("smtp://127.0.0.1"));
      letter.address = *parse_address("127.0.0.1");
      letter.from = letter.to.emplace_back("oncall@example.org");
      letter.text = "Subject: news\r\n\r\n";
      letter.timeout = 1s;
      INFO(situation.name);
      CHECK(verdict(door.finish(door.net.submit(letter)).failure) == verdict(situation.expected));
    }
}

TEST_CASE("fake submit: a letter is taken, or it is not, as the host says") {
  FakeDoor door;
  door.net.host("127.0.0.1:25").receipt = {std::nullopt, 550, "5.7.1 no", false, {}};
  std::string subject;
  door.net.on_submit([&subject](const Letter& letter) { subject = letter.text; });
  Letter letter;
  letter.url = std::get<Url>(parse_mail_server("smtp://127.0.0.1:25"));
  letter.address = *parse_address("127.0.0.1");
  letter.from = letter.to.emplace_back("oncall@example.org");
  letter.text = "Subject: news\r\n\r\n";
  CHECK(door.finish(door.net.submit(letter)).status == 550);
  CHECK(subject == letter.text);
  letter.text = "bare\n";
  CHECK(verdict(door.finish(door.net.submit(letter)).failure) == "http/local_resource");
}

TEST_CASE("fake dial: its troubles are the live door's") {
  for (const Situation& situation : dial_situations()) {
    if (situation.expected && situation.trouble.empty()) continue;
    FakeDoor door;
    if (situation.trouble != "refused") door.net.host("127.0.0.1:443").trouble = situation.trouble;
    Dial dial;
    dial.address = *parse_address("127.0.0.1");
    dial.port = 443;
    if (situation.name.starts_with("tls")) dial.tls.emplace();
    const Link link = door.finish(door.net.dial(dial));
    INFO(situation.name);
    CHECK(verdict(link.failure) == verdict(situation.expected));
  }
}
