// The four common checks: what several addresses, several resolvers and an expectation mean.
#include "probes/checks.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <catch2/catch.hpp>

#include "tests/support/fake_net.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

AddressLook look(const char* address, std::optional<Failure> failure) {
  return {*parse_address(address), std::move(failure), {}};
}

const Failure kRefused{Layer::connect, Reason::refused, "refused"};
const Failure kBusy{Layer::http, Reason::server_error, "503"};

ResolverAnswer says(const char* resolver, std::vector<const char*> addresses) {
  ResolverAnswer answer{resolver, {}};
  for (const auto* address : addresses) answer.answer.addresses.push_back(*parse_address(address));
  return answer;
}

ResolverAnswer fails(const char* resolver, Reason reason) {
  return {resolver, {Failure{Layer::dns, reason, "x"}, {}, {}}};
}

std::optional<Reason> reason_of(const std::optional<Failure>& failure) {
  return failure ? std::optional(failure->reason) : std::nullopt;
}

struct World {
  asio::io_context loop;
  FakeNet net{loop};
  Pool pool;
  Mirror mirror;

  World() {
    mirror.url = std::get<Url>(parse_url("http://mirror.example/"));
    net.name_is("mirror.example", Answer{{}, {*parse_address("8.8.8.8"), *parse_address("8.8.4.4")}, {}});
    net.host("8.8.8.8:80").pages["/"] = {200, "hello world", {{"content-type", "text/plain"}}};
    net.host("8.8.4.4:80").pages["/"] = {200, "hello world", {{"content-type", "text/plain"}}};
  }
  Finding run(Look what) {
    Target target{std::make_shared<Pool>(pool), std::make_shared<Mirror>(mirror),
                  std::make_shared<AddressPolicy>(AddressPolicy{{"mirror.example"}}), "ua", net.now() + 5s};
    Finding finding;
    asio::co_spawn(loop, keep(net, what, target, finding), asio::detached);
    net.run_for(1min);
    return finding;
  }
  static Task<void> keep(Net& net, Look what, Target target, Finding& finding) { finding = co_await what(net, target); }
};

}  // namespace

TEST_CASE("several addresses together") {
  CHECK_FALSE(combine({look("8.8.8.8", {}), look("8.8.4.4", kRefused)}));
  CHECK(reason_of(combine({look("8.8.8.8", kRefused), look("8.8.4.4", kRefused)})) == Reason::refused);
  CHECK(reason_of(combine({look("8.8.8.8", {}), look("8.8.4.4", kBusy)})) == Reason::server_error);
  CHECK(reason_of(combine({look("8.8.8.8", kRefused), look("8.8.4.4", kBusy)})) == Reason::server_error);
  CHECK_FALSE(combine({}));
}

TEST_CASE("several resolvers together") {
  CHECK_FALSE(compare_answers({says("a", {"8.8.8.8"}), says("b", {"8.8.4.4"})}));
  CHECK_FALSE(compare_answers({says("a", {"8.8.8.8"}), fails("b", Reason::timeout)}));
  CHECK(reason_of(compare_answers({fails("a", Reason::timeout), fails("b", Reason::nxdomain)})) == Reason::timeout);
  CHECK(reason_of(compare_answers({says("a", {"8.8.8.8"}), fails("b", Reason::nxdomain)})) == Reason::disagreement);
  CHECK(reason_of(compare_answers({says("a", {"127.0.0.1"}), says("b", {"8.8.8.8"})})) == Reason::disagreement);
  CHECK_FALSE(compare_answers({says("a", {"10.0.0.1"}), says("b", {"10.0.0.1"})}));
}

TEST_CASE("every address is looked at") {
  World world;
  CHECK(world.run(look_tcp).addresses.size() == 2);
  CHECK(world.run(look_http).addresses.size() == 2);
  CHECK(world.net.host("8.8.4.4:80").requests == 1);
  world.net.host("8.8.4.4:80").trouble = "refused";
  const Finding partly = world.run(look_http);
  CHECK_FALSE(partly.failure);
  CHECK(partly.addresses[1].failure->reason == Reason::refused);
  world.net.host("8.8.4.4:80").trouble = "reset";
  CHECK(world.run(look_http).failure->reason == Reason::reset);
}

TEST_CASE("a name that does not resolve fails every check at the dns layer") {
  World world;
  world.mirror.url.host = "gone.example";
  for (const Look what : {look_dns, look_tcp, look_tls, look_http}) CHECK(world.run(what).failure->layer == Layer::dns);
}

TEST_CASE("a silent address ends with the deadline, not later") {
  World world;
  world.net.host("8.8.4.4:80").trouble = "blackhole";
  world.net.host("8.8.8.8:80").trouble = "blackhole";
  const SteadyTime before = world.net.now();
  CHECK(world.run(look_tcp).failure->reason == Reason::timeout);
  CHECK(world.net.now() - before == 1min);
}

TEST_CASE("expectations of status, headers and body") {
  World world;
  world.pool.http.body_matches = "h.llo";
  CHECK_FALSE(world.run(look_http).failure);
  world.pool.http.body_not_matches = "world";
  CHECK(world.run(look_http).failure->reason == Reason::body_mismatch);
  world.pool.http = {};
  world.pool.http.header_matches = {{"Content-Type", "^text/"}};
  CHECK_FALSE(world.run(look_http).failure);
  world.pool.http.header_matches = {{"Content-Type", "^image/"}};
  CHECK(world.run(look_http).failure->reason == Reason::header_mismatch);
  world.pool.http = {};
  world.pool.http.path = "missing";
  CHECK(world.run(look_http).failure->reason == Reason::not_found);
  world.pool.http.status = {404};
  CHECK_FALSE(world.run(look_http).failure);
}

TEST_CASE("checks that make no sense for a mirror do not run") {
  Mirror plain;
  plain.url = std::get<Url>(parse_url("http://10.0.0.1/"));
  CHECK_FALSE(applies(CheckKind::tls, plain));
  CHECK_FALSE(applies(CheckKind::dns, plain));
  CHECK(applies(CheckKind::http, plain));
  plain.url = std::get<Url>(parse_url("https://mirror.example/"));
  CHECK(applies(CheckKind::tls, plain));
  CHECK(applies(CheckKind::dns, plain));
  plain.proxy = Proxy{};
  CHECK_FALSE(applies(CheckKind::tcp, plain));
  CHECK(applies(CheckKind::freshness, plain));
}
