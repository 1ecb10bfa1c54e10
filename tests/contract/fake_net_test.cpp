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
