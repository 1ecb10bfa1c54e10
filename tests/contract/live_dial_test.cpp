// dial() of the live door against peers that refuse, stall or do not speak TLS.
#include <catch2/catch.hpp>

#include "tests/contract/live_door.hpp"
#include "tests/contract/situations.hpp"
#include "tests/support/hostile_server.hpp"

using namespace mw;

namespace {

Greeting greeting_of(std::string_view name) {
  if (name == "tls_plain_http") return Greeting::say_hello;
  if (name == "tls_alert") return Greeting::alert;
  if (name == "tls_fin") return Greeting::swallow_hello;
  if (name == "tls_reset") return Greeting::reset_on_hello;
  return Greeting::silent;
}

Dial dial_of(std::uint16_t port, bool tls) {
  Dial dial;
  dial.address = *parse_address("127.0.0.1");
  dial.port = port;
  dial.server_name = "mirror.test";
  dial.timeout = 500ms;
  if (tls) dial.tls.emplace();
  return dial;
}

}  // namespace

TEST_CASE("live dial: every situation is called by its name, in time") {
  for (const Situation& situation : dial_situations()) {
    const HostileServer server(greeting_of(situation.name));
    const bool refused = situation.name.ends_with("_refused");
    Dial dial = dial_of(refused ? closed_port() : server.port(), situation.name.starts_with("tls"));
    dial.timeout = patience(situation.expected);
    LiveDoor door;
    const Link link = door.finish(door.net.dial(dial));
    INFO(situation.name << ": " << told(link.failure));
    CHECK(verdict(link.failure) == verdict(situation.expected));
    CHECK(door.took <= dial.timeout + kGrace);
    CHECK(link.timings.connect.has_value() == !refused);
    CHECK(!link.timings.tls);
    CHECK(!link.certificate);
  }
}

TEST_CASE("live dial: a trust store that cannot be read is our own trouble") {
  const HostileServer server(Greeting::silent);
  LiveDoor door;
  Dial dial = dial_of(server.port(), true);
  dial.tls->ca_file = "/nonexistent/ca.pem";
  CHECK(verdict(door.finish(door.net.dial(dial)).failure) == "tls/local_resource");
}
