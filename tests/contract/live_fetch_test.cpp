// fetch() of the live door against every way an HTTP server can misbehave.
#include <catch2/catch.hpp>
#include <fstream>

#include "tests/contract/live_door.hpp"
#include "tests/contract/situations.hpp"
#include "tests/support/hostile_server.hpp"

using namespace mw;

namespace {

/// Resident set size in bytes.
std::size_t resident() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  statm >> pages >> pages;
  return pages * 4096;
}

void check(const Situation& situation, const Reply& reply, const LiveDoor& door, const Fetch& fetch) {
  INFO(situation.name << ": " << told(reply.failure));
  CHECK(verdict(reply.failure) == verdict(situation.expected));
  CHECK(reply.status == situation.status);
  CHECK(door.took <= fetch.timeout + kGrace);
  if (reply.failure) CHECK(reply.failure->detail.find(fetch.url.target) == std::string::npos);
}

std::uint16_t port_of(std::string_view name, std::optional<HostileServer>& server) {
  if (name == "refused") return closed_port();
  Greeting greeting = Greeting::serve;
  if (name == "silent") greeting = Greeting::silent;
  if (name == "never_accept") greeting = Greeting::never_accept;
  if (name == "close_after_request") greeting = Greeting::swallow_hello;
  if (name == "reset_at_once") greeting = Greeting::reset_at_once;
  server.emplace(greeting);
  return server->port();
}

}  // namespace

TEST_CASE("live fetch: every situation is called by its name, in time") {
  HostileServer server;
  LiveDoor door;
  for (const Situation& situation : fetch_situations()) {
    Fetch fetch = fetch_of(server.port(), situation.name);
    fetch.timeout = patience(situation.expected);
    const Reply reply = door.finish(door.net.fetch(fetch));
    check(situation, reply, door, fetch);
  }
}

TEST_CASE("live fetch: peers that fail before they have read anything") {
  for (const Situation& situation : greeting_situations()) {
    std::optional<HostileServer> server;
    Fetch fetch = fetch_of(port_of(situation.name, server), "ok");
    fetch.timeout = patience(situation.expected);
    LiveDoor door;
    const Reply reply = door.finish(door.net.fetch(fetch));
    check(situation, reply, door, fetch);
  }
}

TEST_CASE("live fetch: an answer is handed over whole, with its digest and its times") {
  HostileServer server;
  LiveDoor door;
  const Reply reply = door.finish(door.net.fetch(fetch_of(server.port(), "ok_folded")));
  CHECK(reply.body == "body");
  CHECK(reply.body_bytes == 4);
  CHECK(reply.sha256 == "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5");
  CHECK(header(reply, "x-word") == "yes and no");
  REQUIRE(reply.timings.connect);
  CHECK(*reply.timings.connect < 200ms);
  CHECK(!reply.timings.tls);
  CHECK(!reply.timings.dns);
  CHECK(reply.timings.processing);
  CHECK(reply.timings.transfer);
  CHECK(door.finish(door.net.fetch(fetch_of(server.port(), "ok_chunked"))).body == "body");
  CHECK(!header(door.finish(door.net.fetch(fetch_of(server.port(), "ok_chunked"))), "x-trailer"));
  CHECK(!header(door.finish(door.net.fetch(fetch_of(server.port(), "ok_after_100"))), "link"));
}

TEST_CASE("live fetch: a body may be counted and digested without being kept") {
  HostileServer server;
  LiveDoor door;
  Fetch fetch = fetch_of(server.port(), "big");
  fetch.keep_body = false;
  const Reply reply = door.finish(door.net.fetch(fetch));
  CHECK(!reply.failure);
  CHECK(reply.body.empty());
  CHECK(reply.body_bytes == 1 << 20);
  fetch.body_limit = (1 << 20) - 1;
  CHECK(verdict(door.finish(door.net.fetch(fetch)).failure) == "http/body_limit");
}

TEST_CASE("live fetch: a body may be kept in a file instead of in memory") {
  HostileServer server;
  LiveDoor door;
  Fetch fetch = fetch_of(server.port(), "big");
  fetch.spool = true;
  const Reply reply = door.finish(door.net.fetch(fetch));
  CHECK(!reply.failure);
  CHECK(reply.body.empty());
  REQUIRE(reply.spool);
  CHECK(reply.spool->size() == 1 << 20);
  CHECK(std::fgetc(reply.spool->file()) != EOF);
}

TEST_CASE("live fetch: what came encoded is left as it came") {
  HostileServer server;
  LiveDoor door;
  const Reply reply = door.finish(door.net.fetch(fetch_of(server.port(), "gzip_unasked")));
  CHECK(reply.body == "\x1f\x8b\x08 not really");
  CHECK(header(reply, "content-encoding") == "gzip");
}

TEST_CASE("live fetch: the request says what was asked and nothing else") {
  HostileServer server;
  LiveDoor door;
  Fetch fetch = fetch_of(server.port(), "ok");
  fetch.method = "POST";
  fetch.body = "payload";
  fetch.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}};
  door.finish(door.net.fetch(fetch));
  const std::string port = std::to_string(server.port());
  CHECK(server.requests().at(0).starts_with("POST /ok HTTP/1.1\r\nHost: mirror.test:" + port +
                                            "\r\nAccept: */*\r\nContent-Type: application/json\r\nX-Empty:\r\n"
                                            "Accept-Encoding: identity\r\nUser-Agent: mirrorwarden\r\n"
                                            "Content-Length: 7\r\n\r\n"));
  fetch = fetch_of(server.port(), "ok");
  fetch.headers = {{"accept-encoding", "gzip"}, {"USER-AGENT", "test"}};
  door.finish(door.net.fetch(fetch));
  CHECK(server.requests().at(1).find("identity") == std::string::npos);
  CHECK(server.requests().at(1).find("mirrorwarden") == std::string::npos);
}

TEST_CASE("live fetch: HEAD has lengths and no body") {
  HostileServer server;
  LiveDoor door;
  Fetch fetch = fetch_of(server.port(), "head");
  fetch.method = "HEAD";
  fetch.body_limit = 10;
  const Reply reply = door.finish(door.net.fetch(fetch));
  CHECK(told(reply.failure) == "ok");
  CHECK(reply.status == 200);
  CHECK(header(reply, "content-length") == "123456");
}

TEST_CASE("live fetch: credentials are sent, and never told") {
  HostileServer server;
  LiveDoor door;
  Fetch fetch = fetch_of(server.port(), "ok");
  fetch.credentials.user = "reader";
  fetch.credentials.password = Secret("CANARY-1");
  door.finish(door.net.fetch(fetch));
  CHECK(server.requests().at(0).find("Authorization: Basic cmVhZGVyOkNBTkFSWS0x\r\n") != std::string::npos);
  fetch.credentials = {};
  fetch.credentials.bearer = Secret("CANARY-2");
  door.finish(door.net.fetch(fetch));
  CHECK(server.requests().at(1).find("Authorization: Bearer CANARY-2\r\n") != std::string::npos);
  for (const Situation& situation : fetch_situations()) {
    if (!situation.expected || situation.expected->second == Reason::timeout) continue;
    fetch.url.target = "/" + std::string(situation.name);
    CHECK(told(door.finish(door.net.fetch(fetch)).failure).find("CANARY") == std::string::npos);
  }
}

TEST_CASE("live fetch: a header that holds a line break is not sent") {
  HostileServer server;
  LiveDoor door;
  Fetch fetch = fetch_of(server.port(), "ok");
  fetch.headers = {{"X-One", "1\r\nX-Two: 2"}};
  CHECK(verdict(door.finish(door.net.fetch(fetch)).failure) == "http/local_resource");
  CHECK(server.requests().empty());
}

TEST_CASE("live fetch: no time left is a timeout at once") {
  LiveDoor door;
  Fetch fetch = fetch_of(closed_port(), "ok");
  fetch.timeout = 0ms;
  CHECK(verdict(door.finish(door.net.fetch(fetch)).failure) == "connect/timeout");
  CHECK(door.took < 100ms);
}

TEST_CASE("live fetch: a body below 1 KiB/s is slow before it is late") {
  HostileServer server;
  LiveDoor door;
  Fetch fetch = fetch_of(server.port(), "slow_body");
  fetch.timeout = 5s;
  CHECK(verdict(door.finish(door.net.fetch(fetch)).failure) == "http/slow");
  CHECK(door.took < 1500ms);
}

TEST_CASE("live fetch: endless trailers do not grow the process") {
  HostileServer server;
  LiveDoor door;
  door.finish(door.net.fetch(fetch_of(server.port(), "endless_trailer")));
  const std::size_t before = resident();
  for (int i = 0; i < 20; ++i) {
    const Reply reply = door.finish(door.net.fetch(fetch_of(server.port(), "endless_trailer")));
    CHECK(verdict(reply.failure) == "http/header_limit");
  }
  // Without the cap each of them is worth some 40 MB; a sanitizer keeps what was freed for a while.
  CHECK(resident() < before + 20 * 1024 * 1024);
}

TEST_CASE("live fetch: through an HTTP proxy") {
  HostileServer proxy;
  LiveDoor door;
  Fetch fetch = fetch_of(80, "ok");
  fetch.proxy.emplace();
  fetch.proxy->url = Url{"http", "proxy.test", proxy.port(), "/"};
  fetch.proxy->credentials.user = "me";
  fetch.proxy->credentials.password = Secret("pw");
  CHECK(told(door.finish(door.net.fetch(fetch)).failure) == "ok");
  CHECK(proxy.requests().at(0).starts_with("GET http://mirror.test/ok HTTP/1.1\r\n"));
  CHECK(proxy.requests().at(0).find("Proxy-Authorization: Basic bWU6cHc=\r\n") != std::string::npos);

  fetch.url.scheme = "https";
  fetch.url.port = 443;
  fetch.credentials.bearer = Secret("for the mirror only");
  CHECK(verdict(door.finish(door.net.fetch(fetch)).failure) == "http/proxy");
  CHECK(proxy.requests().at(1).starts_with("CONNECT mirror.test:443 HTTP/1.1\r\n"));
  CHECK(proxy.requests().at(1).find("mirror only") == std::string::npos);

  fetch.proxy->url.port = closed_port();
  CHECK(verdict(door.finish(door.net.fetch(fetch)).failure) == "connect/refused");
  HostileServer silent(Greeting::silent);
  fetch.proxy->url.port = silent.port();
  CHECK(verdict(door.finish(door.net.fetch(fetch)).failure) == "http/proxy");
  CHECK(door.took <= fetch.timeout + kGrace);
}

TEST_CASE("live fetch: through a SOCKS proxy that is none") {
  HostileServer server;
  LiveDoor door;
  Fetch fetch = fetch_of(80, "ok");
  fetch.proxy.emplace();
  fetch.proxy->url = Url{"socks5", "proxy.test", closed_port(), "/"};
  fetch.target_address = *parse_address("192.0.2.1");
  CHECK(verdict(door.finish(door.net.fetch(fetch)).failure) == "connect/refused");
  HostileServer silent(Greeting::silent);
  fetch.proxy->url.port = silent.port();
  CHECK(verdict(door.finish(door.net.fetch(fetch)).failure) == "http/proxy");
  HostileServer plain(Greeting::say_hello);
  fetch.proxy->url.port = plain.port();
  CHECK(verdict(door.finish(door.net.fetch(fetch)).failure) == "http/proxy");
}

TEST_CASE("live fetch: TLS trouble is called by its name") {
  const std::pair<Greeting, std::string> cases[] = {{Greeting::silent, "tls/timeout"},
                                                    {Greeting::say_hello, "tls/protocol"},
                                                    {Greeting::alert, "tls/alert"},
                                                    {Greeting::swallow_hello, "tls/eof"},
                                                    {Greeting::reset_on_hello, "tls/reset"}};
  LiveDoor door;  // one: the trusted certificates are loaded once
  for (const auto& [greeting, expected] : cases) {
    HostileServer server(greeting);
    Fetch fetch = fetch_of(server.port(), "ok");
    fetch.url.scheme = "https";
    fetch.timeout = 1s;
    const Reply reply = door.finish(door.net.fetch(fetch));
    INFO(told(reply.failure));
    CHECK(verdict(reply.failure) == expected);
    CHECK(door.took <= fetch.timeout + kGrace);
  }
}

TEST_CASE("live fetch: a hundred at once, most of them stuck, do not hold up the rest") {
  HostileServer server;
  LiveDoor door;
  std::vector<std::optional<Reply>> replies(100);
  Duration last_good{};
  const auto start = std::chrono::steady_clock::now();
  const auto note = [&](std::exception_ptr) { last_good = std::chrono::steady_clock::now() - start; };
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const bool good = i % 4 == 3;
    Fetch fetch = fetch_of(server.port(), good ? "ok" : "stall");
    fetch.timeout = 2s;
    if (good)
      asio::co_spawn(door.loop, keep(door.net.fetch(fetch), replies.at(i)), note);
    else
      asio::co_spawn(door.loop, keep(door.net.fetch(fetch), replies.at(i)), asio::detached);
  }
  door.run();
  CHECK(door.took <= 2s + kGrace);
  CHECK(last_good < 1500ms);
  for (std::size_t i = 0; i < replies.size(); ++i)
    CHECK(verdict(replies.at(i).value().failure) == (i % 4 == 3 ? "ok" : "http/timeout"));
}

TEST_CASE("live fetch: IPv6 is dialled as it is") {
  LiveDoor door;
  Fetch fetch = fetch_of(closed_port(), "ok");
  fetch.address = *parse_address("::1");
  const auto failure = door.finish(door.net.fetch(fetch)).failure;
  REQUIRE(failure);
  CHECK(failure->layer == Layer::connect);  // refused, or no IPv6 on this host
  CHECK(failure->reason != Reason::address_blocked);
  CHECK(failure->reason != Reason::timeout);
}
