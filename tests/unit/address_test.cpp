// Addresses: strict text forms and the ranges that a stranger's redirect must not reach.
#include "probes/address.hpp"

#include <catch2/catch.hpp>

#include "probes/target.hpp"

using namespace mw;

TEST_CASE("only plain text forms are addresses") {
  for (const auto* text : {"127.0.0.1", "::1", "2001:db8::1", "8.8.8.8"}) {
    REQUIRE(parse_address(text));
    CHECK(to_string(*parse_address(text)) == text);
  }
  for (const auto* text : {"", "0x7f.1", "127.1", "010.0.0.1", "2130706433", "[::1]", "fe80::1%eth0", "1.2.3.4 "})
    CHECK_FALSE(parse_address(text));
}

TEST_CASE("special addresses are known in every disguise") {
  for (const auto* text : {"127.0.0.1",  "10.1.2.3",         "172.31.255.255",  "192.168.0.1",     "169.254.169.254",
                           "100.64.0.1", "0.0.0.0",          "224.0.0.1",       "255.255.255.255", "::",
                           "::1",        "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",   "fc00::1",
                           "fd12::1",    "fe80::1",          "ff02::1",         "::127.0.0.1",     "2001:db8::1"})
    CHECK(is_special(*parse_address(text)));
  for (const auto* text : {"8.8.8.8", "172.32.0.1", "101.6.15.130", "2402:f000:1:400::2", "::ffff:8.8.8.8"})
    CHECK_FALSE(is_special(*parse_address(text)));
}

TEST_CASE("a configured host may be anywhere, another only in public") {
  const AddressPolicy policy{{"mirror.corp"}};
  CHECK(policy.allows("mirror.corp", *parse_address("10.0.0.1")));
  CHECK_FALSE(policy.allows("evil.example", *parse_address("10.0.0.1")));
  CHECK(policy.allows("cdn.example", *parse_address("8.8.8.8")));
}
