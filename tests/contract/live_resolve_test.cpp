// resolve() of the live door against every way a DNS server can misbehave.
#include <catch2/catch.hpp>

#include "tests/contract/live_door.hpp"
#include "tests/contract/situations.hpp"
#include "tests/support/hostile_dns.hpp"
#include "tests/support/hostile_server.hpp"

using namespace mw;

namespace {

Question question_of(std::string name, std::vector<std::string> servers) {
  Question question;
  question.name = std::move(name);
  question.servers = std::move(servers);
  question.timeout = 1s;
  return question;
}

std::vector<std::string> texts(const Answer& answer) {
  std::vector<std::string> all;
  for (const Address& address : answer.addresses) all.push_back(to_string(address));
  return all;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("live resolve: every situation is called by its name, in time") {
  const HostileDns dns;
  LiveDoor door;
  for (const Situation& situation : resolve_situations()) {
    const Question question = question_of(std::string(situation.name) + ".test", {dns.server()});
    const Answer answer = door.finish(door.net.resolve(question));
    INFO(situation.name << ": " << told(answer.failure));
    CHECK(verdict(answer.failure) == verdict(situation.expected));
    CHECK(answer.addresses.empty() == situation.expected.has_value());
    CHECK(door.took <= question.timeout + kGrace);
    CHECK(answer.took <= door.elapsed);
  }
}

TEST_CASE("live resolve: addresses are sorted, v4 first, and few") {
  const HostileDns dns;
  LiveDoor door;
  const Answer both = door.finish(door.net.resolve(question_of("ok.test", {dns.server()})));
  CHECK(texts(both) == Texts{"192.0.2.1", "192.0.2.2", "2001:db8::1"});
  const Answer many = door.finish(door.net.resolve(question_of("many.test", {dns.server()})));
  REQUIRE(many.addresses.size() == 32);
  CHECK(to_string(many.addresses.front()) == "198.51.0.0");
  CHECK(to_string(many.addresses.back()) == "198.51.0.31");
}

TEST_CASE("live resolve: addresses and localhost need no server") {
  LiveDoor door;
  const std::vector<std::string> nobody = {"127.0.0.1:" + std::to_string(closed_port())};
  CHECK(texts(door.finish(door.net.resolve(question_of("192.0.2.7", nobody)))) == Texts{"192.0.2.7"});
  CHECK(texts(door.finish(door.net.resolve(question_of("2001:db8::7", nobody)))) == Texts{"2001:db8::7"});
  CHECK(texts(door.finish(door.net.resolve(question_of("localhost", nobody)))) == Texts{"127.0.0.1", "::1"});
}

TEST_CASE("live resolve: a closed port is not silence") {
  LiveDoor door;
  const std::string nobody = "127.0.0.1:" + std::to_string(closed_port());
  const Answer answer = door.finish(door.net.resolve(question_of("ok.test", {nobody})));
  CHECK(verdict(answer.failure) == "dns/resolver_unreachable");
  CHECK(door.took < 500ms);
}

TEST_CASE("live resolve: the second server helps when the first is silent, failing or gone") {
  const HostileDns silent(HostileDns::Mood::silent);
  const HostileDns good;
  LiveDoor door;
  const Answer late = door.finish(door.net.resolve(question_of("ok.test", {silent.server(), good.server()})));
  CHECK(told(late.failure) == "ok");
  CHECK(door.took < 400ms);
  const std::string nobody = "127.0.0.1:" + std::to_string(closed_port());
  const Answer quick = door.finish(door.net.resolve(question_of("ok.test", {nobody, good.server()})));
  CHECK(told(quick.failure) == "ok");
  CHECK(door.took < 150ms);
  const Answer worst =
      door.finish(door.net.resolve(question_of("servfail.test", {silent.server(), good.server(), nobody})));
  CHECK(verdict(worst.failure) == "dns/servfail");
  CHECK(door.took <= 1s + kGrace);
}

TEST_CASE("live resolve: every question comes from a port of its own") {
  const HostileDns dns;
  LiveDoor door;
  for (int i = 0; i < 8; ++i) door.finish(door.net.resolve(question_of("ok.test", {dns.server()})));
  for (int i = 0; i < 200 && dns.source_ports() < 7; ++i) {  // its thread counts late
    asio::co_spawn(door.loop, door.net.sleep(5ms), asio::detached);
    door.run();
  }
  CHECK(dns.source_ports() >= 7);  // by chance two may be the same
}

TEST_CASE("live resolve: a resolver that makes no sense is our own trouble") {
  LiveDoor door;
  const Answer answer = door.finish(door.net.resolve(question_of("ok.test", {"not an address"})));
  CHECK(verdict(answer.failure) == "dns/local_resource");
}

TEST_CASE("live resolve: silence disturbs nobody else") {
  const HostileDns silent(HostileDns::Mood::silent);
  HostileServer server;
  LiveDoor door;
  std::optional<Answer> answer;
  std::optional<Reply> reply;
  Duration fetched_after{};
  const auto start = std::chrono::steady_clock::now();
  asio::co_spawn(door.loop, keep(door.net.resolve(question_of("ok.test", {silent.server()})), answer), asio::detached);
  asio::co_spawn(door.loop, keep(door.net.fetch(fetch_of(server.port(), "ok")), reply),
                 [&](std::exception_ptr) { fetched_after = std::chrono::steady_clock::now() - start; });
  door.run();
  CHECK(verdict(answer->failure) == "dns/timeout");
  CHECK(door.took <= 1250ms);
  CHECK(told(reply->failure) == "ok");
  CHECK(fetched_after < 300ms);
}
