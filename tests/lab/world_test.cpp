// The lab's cast: each host does to a request just what its story says, and nothing once it is repaired.
#include "tests/lab/world.hpp"

#include <catch2/catch.hpp>

#include "tests/lab/collector.hpp"
#include "tests/lab/lab_config.hpp"

using namespace mw::lab;

namespace {

constexpr Elapsed kLater{25'000};  ///< long after both publications, in a good phase of the flapping host

World world_with_publications() {
  World world = make_world(1'700'000'000);
  world.publications.emplace_back(6'000);
  world.publications.emplace_back(12'000);
  return world;
}

Response ask(World& world, const std::string& host, const std::string& target, Elapsed now = kLater) {
  Request request;
  request.method = "GET";
  request.target = target;
  return answer(world, *find_host(world, host), request, now);
}

std::string publication(World& world, const std::string& host, Elapsed now) {
  const std::string body = ask(world, host, "/VERSION", now).body;
  return body.substr(0, body.find('\n'));
}

}  // namespace

TEST_CASE("mirrors follow the upstream, but for the lagging one") {
  World world = world_with_publications();
  CHECK(publication(world, "upstream", Elapsed{6'000}) == "demo publication 2");
  CHECK(publication(world, "healthy", Elapsed{6'100}) == "demo publication 1");
  CHECK(publication(world, "healthy", Elapsed{6'500}) == "demo publication 2");
  CHECK(publication(world, "lying", kLater) == "demo publication 3");
  CHECK(publication(world, "lagging", kLater) == "demo publication 1");
}

TEST_CASE("the lying host changes one bit of the artefact and nothing else") {
  World world = world_with_publications();
  const std::string truth = ask(world, "healthy", "/artefact-1.0.tar").body;
  const std::string lie = ask(world, "lying", "/artefact-1.0.tar").body;
  REQUIRE(lie.size() == truth.size());
  std::size_t different = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) different += lie[i] != truth[i] ? 1 : 0;
  CHECK(different == 1);
}

TEST_CASE("the flapping host changes every ten seconds") {
  World world = world_with_publications();
  CHECK(ask(world, "flapping", "/VERSION", Elapsed{9'999}).status == 200);
  CHECK(ask(world, "flapping", "/VERSION", Elapsed{10'000}).status == 503);
  CHECK(ask(world, "flapping", "/VERSION", Elapsed{20'000}).status == 200);
}

TEST_CASE("the html host is polite about everything") {
  World world = world_with_publications();
  const Response response = ask(world, "html", "/no/such/file");
  CHECK(response.status == 200);
  CHECK(response.body.starts_with("<!DOCTYPE html>"));
}

TEST_CASE("a repaired host is like the healthy one") {
  World world = world_with_publications();
  for (Host& host : world.hosts) {
    host.broken = false;
    CHECK(door_of(host) == Door::open);
    CHECK(publication(world, host.name, Elapsed{15'000}) == "demo publication 3");
    CHECK(ask(world, host.name, "/artefact-1.0.tar").body == artefact());
    CHECK(ask(world, host.name, "/no/such/file").status == 404);
  }
}

TEST_CASE("two hosts are not even reached") {
  World world = make_world(0);
  CHECK(door_of(*find_host(world, "refusing")) == Door::closed);
  CHECK(door_of(*find_host(world, "silent")) == Door::deaf);
  CHECK(find_host(world, "nobody") == nullptr);
}

TEST_CASE("requests are read, or refused") {
  const auto request = parse_request("POST /x HTTP/1.1\r\nHost: y\r\nContent-Length: 12\r\nConnection: Close\r\n");
  REQUIRE(request);
  CHECK(request->method == "POST");
  CHECK(request->target == "/x");
  CHECK(request->content_length == 12);
  CHECK_FALSE(request->keep_alive);
  CHECK_FALSE(parse_request("GET /x HTTP/2\r\n"));
  CHECK_FALSE(parse_request("GET x HTTP/1.1\r\n"));
  CHECK_FALSE(parse_request("GET /x HTTP/1.1\r\nContent-Length: -1\r\n"));
}

TEST_CASE("notices are told in a line") {
  CHECK(summary(R"({"alerts":[{"status":"firing","labels":{"alertname":"A","mirror":"m"}}]})") == "firing A m");
  CHECK(summary(R"({"alerts":[3]})") == "not an Alertmanager payload");
  CHECK(summary("nonsense") == "not an Alertmanager payload");
}
