// Conversations, packets and echoes of both doors, against peers that refuse, stall and close.
#include <unistd.h>

#include <catch2/catch.hpp>

#include "probes/formats/dns_message.hpp"
#include "probes/talk.hpp"
#include "tests/contract/live_door.hpp"
#include "tests/contract/talk_situations.hpp"
#include "tests/support/fake_net.hpp"
#include "tests/support/hostile_dns.hpp"
#include "tests/support/hostile_server.hpp"

using namespace mw;

namespace {

Greeting greeting_of(std::string_view name) {
  if (name.ends_with("hello")) return Greeting::say_hello;
  if (name == "closes") return Greeting::close_at_once;
  if (name == "tls_closes") return Greeting::swallow_hello;
  if (name == "tls_alert") return Greeting::alert;
  return Greeting::silent;
}

TalkOpening opening_of(std::uint16_t port, std::string_view name, Duration timeout) {
  TalkOpening how;
  how.address = *parse_address("127.0.0.1");
  how.port = port;
  how.host = "mirror.test";
  how.timeout = timeout;
  if (name.starts_with("tls")) how.tls.emplace();
  return how;
}

/// The first line, or why there is none. The whole conversation in one coroutine: a door is at rest only when it is
/// over.
Task<TalkHeard> conversation(Net& net, TalkOpening how, std::string say) {
  const Duration timeout = how.timeout;
  const TalkOpened opened = co_await net.open(std::move(how));
  TalkHeard heard;
  heard.failure = opened.failure;
  if (opened.talk && !say.empty()) heard.failure = co_await opened.talk->say(std::move(say), timeout);
  if (opened.talk && !heard.failure) heard = co_await opened.talk->line(timeout);
  co_return heard;
}

/// A server that says hello wants to be spoken to first.
std::string first_word(std::string_view name) { return name == "hello" ? "who is there\r\n" : ""; }

/// Five bytes, the rest of the line, and then lines until the end; nothing when that does not come.
Task<std::vector<std::string>> whole_answer(Net& net, TalkOpening how) {
  std::vector<std::string> pieces;
  const TalkOpened opened = co_await net.open(std::move(how));
  if (!opened.talk) co_return pieces;
  std::string request = "GET /ok_until_close HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  co_await opened.talk->say(std::move(request), 5s);
  TalkHeard heard = co_await opened.talk->bytes(5, 5s);
  for (int i = 0; i < 100 && !heard.ended && !heard.failure; ++i) {
    pieces.push_back(heard.text);
    heard = co_await opened.talk->line(5s);
  }
  if (!heard.ended) pieces.clear();
  co_return pieces;
}

Packet packet_of(std::uint16_t port, std::string_view name, Duration timeout) {
  const bool tcp = name.starts_with("tcp_");
  Packet packet;
  packet.address = *parse_address("127.0.0.1");
  packet.port = port;
  packet.transport = tcp ? Transport::tcp : Transport::udp;
  packet.timeout = timeout;
  DnsQuestion question;
  question.id = 0x4D57;
  question.name = std::string(tcp ? name.substr(4) : name) + ".test";
  packet.bytes = *dns_query(question);
  return packet;
}

std::uint16_t port_of(const HostileDns& dns) {
  return static_cast<std::uint16_t>(std::stoi(dns.server().substr(dns.server().find(':') + 1)));
}

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

}  // namespace

TEST_CASE("live talk: every situation is called by its name, in time") {
  for (const Situation& situation : talk_situations()) {
    const HostileServer server(greeting_of(situation.name));
    const std::uint16_t port = situation.name == "refused" ? closed_port() : server.port();
    const Duration timeout = patience(situation.expected);
    LiveDoor door;
    const TalkHeard heard =
        door.finish(conversation(door.net, opening_of(port, situation.name, timeout), first_word(situation.name)));
    INFO(situation.name << ": " << told(heard.failure) << ", " << heard.text);
    CHECK(verdict(heard.failure) == verdict(situation.expected));
    CHECK(door.took <= timeout + kGrace);
    CHECK(heard.text.starts_with("HTTP/1.1 ") == (situation.status == 200));
    CHECK(heard.ended == (situation.name == "closes"));
  }
}

TEST_CASE("fake talk: its troubles are the live door's") {
  for (const Situation& situation : talk_situations()) {
    if (situation.expected && situation.trouble.empty()) continue;
    FakeDoor door;
    if (situation.trouble != "refused") {
      FakeHost& host = door.net.host("127.0.0.1:25");
      host.trouble = situation.trouble == "silent" ? "" : situation.trouble;
      host.hangs_up = situation.trouble != "silent";
      if (situation.status == 200) host.greeting = "HTTP/1.1 400 Bad Request\r\n";
    }
    const TalkHeard heard = door.finish(conversation(door.net, opening_of(25, situation.name, 1s), ""));
    INFO(situation.name);
    CHECK(verdict(heard.failure) == verdict(situation.expected));
    CHECK(heard.ended == (situation.name == "closes"));
    CHECK(heard.text.empty() == (situation.status != 200));
  }
}

TEST_CASE("live talk: lines, bytes and what is left at the end") {
  const HostileServer server;
  LiveDoor door;
  const auto pieces = door.finish(whole_answer(door.net, opening_of(server.port(), "", 5s)));
  REQUIRE(pieces.size() > 2);
  CHECK(pieces[0] == "HTTP/");
  CHECK(pieces[1] == "1.1 200 OK");
}

TEST_CASE("live exchange: every situation is called by its name, in time") {
  for (const Situation& situation : packet_situations()) {
    const HostileDns dns;
    const std::uint16_t port = situation.name.ends_with("refused") ? closed_port() : port_of(dns);
    const Duration timeout = patience(situation.expected);
    LiveDoor door;
    const PacketAnswer answered = door.finish(door.net.exchange(packet_of(port, situation.name, timeout)));
    INFO(situation.name << ": " << told(answered.failure));
    CHECK(verdict(answered.failure) == verdict(situation.expected));
    CHECK(door.took <= timeout + kGrace);
    CHECK(std::holds_alternative<DnsMessage>(parse_dns_message(answered.bytes)) == !situation.expected.has_value());
  }
}

TEST_CASE("fake exchange: its troubles are the live door's") {
  for (const Situation& situation : packet_situations()) {
    if (situation.expected && situation.trouble.empty()) continue;
    FakeDoor door;
    if (situation.trouble != "refused")
      door.net.host("127.0.0.1:53").answers = [&](const std::string& question) {
        return situation.trouble == "silent" ? std::string() : question;
      };
    const PacketAnswer answered = door.finish(door.net.exchange(packet_of(53, situation.name, 1s)));
    INFO(situation.name);
    CHECK(verdict(answered.failure) == verdict(situation.expected));
  }
}

TEST_CASE("live exchange: each question has a port of its own") {
  const HostileDns dns;
  LiveDoor door;
  for (int i = 0; i < 8; ++i) door.finish(door.net.exchange(packet_of(port_of(dns), "ok", 5s)));
  CHECK(dns.source_ports() >= 6);
}

TEST_CASE("live ping: loopback replies, to whoever may ask") {
  for (const char* address : {"127.0.0.1", "::1"}) {
    LiveDoor door;
    Ping ping;
    ping.address = *parse_address(address);
    ping.payload_size = 100;
    const Echo echo = door.finish(door.net.ping(ping));
    INFO(address << ": " << told(echo.failure));
    if (::geteuid() == 0) {
      CHECK(verdict(echo.failure) == "ok");
      CHECK(echo.hop_limit == 64);
      CHECK(echo.rtt > Duration::zero());
    } else {
      CHECK((verdict(echo.failure) == "ok" || verdict(echo.failure) == "connect/local_resource"));
    }
  }
}

TEST_CASE("live talk and exchange: a closed door lets nobody out") {
  LiveDoor door;
  door.net.close();
  CHECK(verdict(door.finish(door.net.open(opening_of(9, "", 5s))).failure) == "connect/local_resource");
  CHECK(verdict(door.finish(door.net.exchange(packet_of(9, "ok", 5s))).failure) == "dns/local_resource");
  Ping ping;
  ping.address = *parse_address("127.0.0.1");
  CHECK(verdict(door.finish(door.net.ping(ping)).failure) == "connect/local_resource");
}
