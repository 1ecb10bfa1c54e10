// Redirects: what may travel where, and what may not be followed.
#include "probes/follow.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <catch2/catch.hpp>

#include "tests/support/fake_net.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

Url url(const std::string& text) { return std::get<Url>(parse_url(text)); }

Fetch with_secrets(const std::string& where) {
  Fetch fetch;
  fetch.url = url(where);
  fetch.credentials = {"me", Secret("CANARY_1"), Secret("CANARY_2")};
  fetch.headers = {
      {"X-Api-Key", "CANARY_3"}, {"PRIVATE-TOKEN", "CANARY_4"}, {"User-Agent", "mirrorwarden"}, {"Cookie", "x"}};
  fetch.tls.cert_file = "client.pem";
  fetch.tls.key_file = "client.key";
  return fetch;
}

Reply redirect(const std::string& location) {
  Reply reply;
  reply.status = 302;
  reply.headers = {{"location", location}};
  return reply;
}

Target target(const std::string& where, std::set<std::string> hosts) {
  auto pool = std::make_shared<Pool>();
  auto mirror = std::make_shared<Mirror>();
  mirror->url = url(where);
  mirror->credentials = {"me", Secret("CANARY_1"), {}};
  Target target;
  target.pool = pool;
  target.mirror = mirror;
  target.policy = std::make_shared<AddressPolicy>(AddressPolicy{std::move(hosts)});
  target.user_agent = "mirrorwarden/test";
  target.deadline = SteadyTime(10s);
  return target;
}

Task<void> get(Net& net, Target aim, Got& got) {
  Get what;
  what.url = aim.mirror->url;
  got = co_await follow(net, aim, what);
}

Task<void> get_as_served(Net& net, Target aim, Got& got) {
  Get what;
  what.url = aim.mirror->url;
  what.decode = false;
  got = co_await follow(net, aim, what);
}

struct World {
  asio::io_context loop;
  FakeNet net{loop};
  std::vector<Fetch> sent;

  World() {
    net.on_fetch([this](const Fetch& fetch) { sent.push_back(fetch); });
  }
  Got follow_as_served(const std::string& where, std::set<std::string> hosts) {
    Got got;
    asio::co_spawn(loop, get_as_served(net, target(where, std::move(hosts)), got), asio::detached);
    net.run_for(1min);
    return got;
  }
  Got follow_from(const std::string& where, std::set<std::string> hosts) {
    Got got;
    asio::co_spawn(loop, get(net, target(where, std::move(hosts)), got), asio::detached);
    net.run_for(1min);
    return got;
  }
  void name_at(const std::string& name, const std::string& address) {
    net.name_is(name, Answer{{}, {*parse_address(address)}, {}});
  }
};

}  // namespace

TEST_CASE("nothing secret travels to another origin") {
  for (const auto* elsewhere : {"https://evil.example/x", "https://mirror.example:8443/x"}) {
    const auto next = std::get<Fetch>(next_hop(with_secrets("https://mirror.example/x"), redirect(elsewhere)));
    CHECK(next.credentials == Credentials{});
    CHECK(next.headers == Headers{{"User-Agent", "mirrorwarden"}});
    CHECK(next.tls.cert_file.empty());
    CHECK(next.tls.key_file.empty());
  }
  const auto same = std::get<Fetch>(next_hop(with_secrets("https://mirror.example/x"), redirect("/y")));
  CHECK(same.credentials.password.reveal() == "CANARY_1");
  CHECK(same.headers.size() == 4);
}

TEST_CASE("some redirects may not be followed") {
  const Fetch from = with_secrets("https://mirror.example/x");
  for (const auto* location : {"http://mirror.example/x", "file:///etc/passwd", "ftp://mirror.example/", "gopher://x/",
                               "https://u:p@mirror.example/", "socks5://x/", "https://exa mple/"}) {
    CAPTURE(location);
    const auto next = next_hop(from, redirect(location));
    REQUIRE(std::holds_alternative<Failure>(next));
    CHECK(std::get<Failure>(next).reason == Reason::redirect_blocked);
  }
  Reply empty;
  empty.status = 302;
  CHECK(std::get<Failure>(next_hop(from, empty)).reason == Reason::malformed);
}

TEST_CASE("a Location that is refused is told without its secrets") {
  const std::pair<const char*, const char*> rows[] = {
      {"https://ci:hush@mirror.example/x", "Location …@mirror.example/x "},
      {"https:/ci:hu?sh@mirror.example/x", "Location …@mirror.example/x "},
      {"ftp://mirror.example/x?signature=hush", "Location ftp://mirror.example/x "},
      {"file:///etc/passwd", "Location file:///etc/passwd "},
  };
  for (const auto& [location, told] : rows) {
    const auto next = next_hop(with_secrets("https://mirror.example/x"), redirect(location));
    REQUIRE(std::holds_alternative<Failure>(next));
    CHECK_THAT(std::get<Failure>(next).detail, Catch::StartsWith(told));
  }
}

TEST_CASE("a redirect is followed to a public host, with dns asked again") {
  World world;
  world.name_at("mirror.example", "10.0.0.1");
  world.name_at("cdn.example", "8.8.8.8");
  world.net.host("10.0.0.1:80").pages["/x"] = {302, "", {{"location", "http://cdn.example/y"}}};
  world.net.host("8.8.8.8:80").pages["/y"] = {200, "hello", {}};
  const Got got = world.follow_from("http://mirror.example/x", {"mirror.example"});
  CHECK_FALSE(got.failure);
  CHECK(got.reply.body == "hello");
  CHECK(got.redirects == 1);
  CHECK(got.url.host == "cdn.example");
  REQUIRE(world.sent.size() == 2);
  CHECK(world.sent[0].credentials.user == "me");
  CHECK(world.sent[1].credentials.user.empty());
}

TEST_CASE("a redirect or a rebound name never reaches the inside") {
  for (const auto* inside :
       {"127.0.0.1", "169.254.169.254", "10.1.1.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"}) {
    World world;
    world.name_at("mirror.example", "8.8.4.4");
    world.name_at("rebound.example", inside);
    world.net.host("8.8.4.4:80").pages["/x"] = {302, "", {{"location", "http://rebound.example/"}}};
    const Got got = world.follow_from("http://mirror.example/x", {"mirror.example"});
    REQUIRE(got.failure);
    CHECK(got.failure->reason == Reason::redirect_blocked);
    CHECK(world.sent.size() == 1);
  }
  for (const auto* spelled : {"http://0x7f.1/", "http://2130706433/", "http://0177.0.0.1/", "http://127.1/"}) {
    World world;
    world.name_at("mirror.example", "8.8.4.4");
    world.net.host("8.8.4.4:80").pages["/x"] = {302, "", {{"location", spelled}}};
    CHECK(world.follow_from("http://mirror.example/x", {"mirror.example"}).failure->reason == Reason::redirect_blocked);
  }
}

TEST_CASE("six redirects are one too many") {
  World world;
  world.name_at("mirror.example", "10.0.0.1");
  world.net.host("10.0.0.1:80").pages["/x"] = {301, "", {{"location", "/x"}}};
  const Got got = world.follow_from("http://mirror.example/x", {"mirror.example"});
  REQUIRE(got.failure);
  CHECK(got.failure->reason == Reason::redirect_loop);
  CHECK(world.sent.size() == 6);
}

TEST_CASE("the next address is tried only when one cannot be connected to") {
  World world;
  world.net.name_is("mirror.example", Answer{{}, {*parse_address("10.0.0.1"), *parse_address("10.0.0.2")}, {}});
  world.net.host("10.0.0.2:80").pages["/"] = {200, "second", {}};
  CHECK(world.follow_from("http://mirror.example/", {"mirror.example"}).reply.body == "second");
  world.net.host("10.0.0.1:80").trouble = "reset";
  CHECK(world.follow_from("http://mirror.example/", {"mirror.example"}).failure->reason == Reason::reset);
}

TEST_CASE("statuses have reasons") {
  const std::pair<int, Reason> table[] = {
      {404, Reason::not_found},    {410, Reason::not_found},         {403, Reason::unauthorized},
      {429, Reason::rate_limited}, {500, Reason::server_error},      {502, Reason::server_error},
      {418, Reason::client_error}, {304, Reason::unexpected_status}, {407, Reason::proxy}};
  for (const auto& [status, reason] : table) CHECK(unwanted_status(status, {})->reason == reason);
  CHECK_FALSE(unwanted_status(204, {}));
  CHECK_FALSE(unwanted_status(404, {404}));
  CHECK(unwanted_status(200, {404}));
}

TEST_CASE("a content coding that nobody asked for is read to its end or refused") {
  const std::string hello(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00", 25);
  const Headers gzip = {{"content-encoding", "gzip"}};
  World world;
  world.name_at("mirror.example", "10.0.0.1");
  auto& page = world.net.host("10.0.0.1:80").pages["/x"];
  page = {200, hello, gzip};
  CHECK(world.follow_from("http://mirror.example/x", {"mirror.example"}).reply.body == "hello");
  CHECK(world.follow_as_served("http://mirror.example/x", {"mirror.example"}).reply.body == hello);
  page = {200, hello.substr(0, 20), gzip};
  CHECK(world.follow_from("http://mirror.example/x", {"mirror.example"}).failure->reason == Reason::encoding);
  page = {200, "hello", {{"content-encoding", "br"}}};
  CHECK(world.follow_from("http://mirror.example/x", {"mirror.example"}).failure->reason == Reason::encoding);
}
