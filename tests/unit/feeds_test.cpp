// A mirror as the sum of its parts: feeds, addresses, tiers, quorum, and our own network's fault.
#include "probes/feeds.hpp"

#include <catch2/catch.hpp>

#include "probes/quorum.hpp"
#include "probes/self_fault.hpp"
#include "probes/target.hpp"
#include "probes/tiers.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

SysTime at(Duration since) { return SysTime(std::chrono::seconds(1'700'000'000)) + since; }
Version bare(const std::string& id) { return {id, {}, {}}; }
Version ordered(const std::string& id, std::int64_t order) { return {id, order, {}}; }

/// "a" until one hour, then "b".
History a_then_b() { return observe(observe({}, bare("a"), at(0s)), bare("b"), at(1h)); }

}  // namespace

TEST_CASE("each feed has its own lag; the worst is the mirror's") {
  const Histories histories{{"x", a_then_b()}, {"y", a_then_b()}};
  const Sightings sightings{{"x", {bare("b"), at(3h)}}, {"y", {bare("a"), at(3h)}}};
  const auto lags = lags_of(sightings, histories, {}, {at(3h), at(4h)});
  REQUIRE(lags.size() == 2);
  CHECK(lags[0].lag.lower == 0s);
  CHECK(lags[1].lag.lower == 3h);
  CHECK(overall(lags).lower == 3h);
  CHECK(stale_ratio(lags) == 0.5);
}

TEST_CASE("a feed that was not looked at this time speaks for the time when it was") {
  const Histories histories{{"x", a_then_b()}};
  const Sightings sightings{{"x", {bare("a"), at(3h)}}};
  CHECK(overall(lags_of(sightings, histories, {}, {at(5h), at(6h)})).lower == 2h);
}

TEST_CASE("a feed that the upstream was never seen to have is left out") {
  const Sightings sightings{{"x", {bare("a"), at(3h)}}};
  CHECK(lags_of(sightings, {}, {}, {at(3h), at(3h)}).empty());
  CHECK_FALSE(overall({}).known);
  CHECK_FALSE(stale_ratio({}));
}

TEST_CASE("a mirror read before the upstream that it copied keeps its lag until the upstream is read again") {
  const Histories histories{{"", a_then_b()}};
  const Sightings sightings{{"", {bare("c"), at(2h)}}};
  const std::vector<FeedLag> before{{"", lag_of(a_then_b(), bare("b"), at(1h))}};
  CHECK(overall(lags_of(sightings, histories, before, {at(2h), at(2h)})).known);
  CHECK_FALSE(overall(lags_of(sightings, histories, {}, {at(2h), at(2h)})).known);
}

TEST_CASE("worst first: behind, unplaced, ahead, level") {
  Lag level;
  level.known = true;
  Lag ahead = level;
  ahead.ahead = true;
  Lag behind = level;
  behind.lower = 1h;
  const Lag unplaced;
  CHECK(overall({{"a", level}, {"b", ahead}}) == ahead);
  CHECK(overall({{"a", unplaced}, {"b", ahead}}) == unplaced);
  CHECK(overall({{"a", unplaced}, {"b", behind}}) == behind);
  CHECK(overall({{"a", level}}) == level);
}

TEST_CASE("addresses that copied before the upstream was read again stay as they were") {
  const Histories histories{{"", a_then_b()}};
  Finding finding;
  finding.at = at(30h);
  finding.addresses = {{*parse_address("192.0.2.1"), std::nullopt, {}, bare("c")},
                       {*parse_address("192.0.2.2"), std::nullopt, {}, bare("b")}};
  Lag level;
  level.known = true;
  const std::vector<AddressLag> before{{*parse_address("192.0.2.1"), level}, {*parse_address("192.0.2.2"), level}};
  CHECK_FALSE(inconsistency(address_lags(finding, histories, before, {at(30h), at(30h)})));
  CHECK(inconsistency(address_lags(finding, histories, {}, {at(30h), at(30h)})));
}

TEST_CASE("addresses with different content are named") {
  const Histories histories{{"", a_then_b()}};
  const auto look = [](const char* address, const char* version) {
    return AddressLook{*parse_address(address), std::nullopt, {}, bare(version)};
  };
  const auto lags = [&](std::vector<AddressLook> looks) {
    Finding finding;
    finding.at = at(2h);
    finding.addresses = std::move(looks);
    return address_lags(finding, histories, {}, {at(2h), at(2h)});
  };
  const std::vector<AddressLook> mixed{look("192.0.2.1", "b"), look("192.0.2.2", "a"), look("192.0.2.3", "b")};
  const auto failure = inconsistency(lags(mixed));
  REQUIRE(failure);
  CHECK(failure->reason == Reason::inconsistent);
  CHECK(failure->detail == "192.0.2.2 (superseded 1h ago): other content than the other 2 of its addresses");
  const std::vector<AddressLook> all_old{look("192.0.2.1", "a"), look("192.0.2.2", "a")};
  CHECK_FALSE(inconsistency(lags(all_old)));
  const std::vector<AddressLook> all_new{look("192.0.2.1", "b"), look("192.0.2.2", "b")};
  CHECK_FALSE(inconsistency(lags(all_new)));
}

TEST_CASE("going back is seen by order, or by the history") {
  const History history = a_then_b();
  CHECK(went_backwards(ordered("b", 2), ordered("a", 1), nullptr));
  CHECK_FALSE(went_backwards(ordered("a", 1), ordered("b", 2), nullptr));
  CHECK(went_backwards(bare("b"), bare("a"), &history));
  CHECK_FALSE(went_backwards(bare("a"), bare("b"), &history));
  CHECK_FALSE(went_backwards(bare("b"), bare("z"), &history));
  CHECK_FALSE(went_backwards(bare("b"), bare("a"), nullptr));
}

TEST_CASE("a quorum elects the newest version with enough votes") {
  const History history = a_then_b();
  CHECK(elect({bare("a"), bare("a"), bare("b")}, 2, history)->id == "a");
  CHECK(elect({bare("a"), bare("a"), bare("b"), bare("b")}, 2, history)->id == "b");
  CHECK(elect({bare("c"), bare("c"), bare("b"), bare("b")}, 2, history)->id == "c");
  CHECK(elect({ordered("x", 5), ordered("y", 9), ordered("y", 9), ordered("x", 5)}, 2, {})->id == "y");
  CHECK_FALSE(elect({bare("a"), bare("b"), bare("c")}, 2, history));
  CHECK_FALSE(elect({}, 1, history));
}

TEST_CASE("blame goes to the highest tier that is behind") {
  const std::map<std::string, Tier> tiers{{"one", {"", true}},
                                          {"two", {"one", true}},
                                          {"three", {"two", true}},
                                          {"good", {"", false}},
                                          {"leaf", {"good", true}}};
  CHECK(to_blame(tiers, "three") == "one");
  CHECK(to_blame(tiers, "two") == "one");
  CHECK(to_blame(tiers, "one").empty());
  CHECK(to_blame(tiers, "leaf").empty());
  const std::map<std::string, Tier> loop{{"a", {"b", true}}, {"b", {"a", true}}};
  CHECK(to_blame(loop, "a") == "b");
}

TEST_CASE("when most mirrors on several networks cannot be reached, it is our own network") {
  const auto outcomes = [](int failed, int fine, bool one_network) {
    std::vector<Encounter> all;
    for (int i = 0; i < failed + fine; ++i) {
      const std::string network = one_network ? "example.org" : "n" + std::to_string(i) + ".org";
      all.push_back({"mirror" + std::to_string(i) + "." + network, i < failed});
    }
    return all;
  };
  CHECK(suspects_self_fault(outcomes(8, 2, false)));
  CHECK_FALSE(suspects_self_fault(outcomes(7, 3, false)));
  CHECK_FALSE(suspects_self_fault(outcomes(8, 2, true)));
  CHECK_FALSE(suspects_self_fault(outcomes(2, 0, false)));
  CHECK(suspects_self_fault(outcomes(3, 0, false)));
  CHECK(suspects_self_fault({{"192.0.2.1", true}, {"198.51.100.1", true}, {"203.0.113.1", true}}));
  CHECK_FALSE(suspects_self_fault({{"192.0.2.1", true}, {"192.0.2.2", true}, {"192.0.2.3", true}}));
}

TEST_CASE("samples take turns, and every one comes round") {
  Pool pool;
  pool.sample = {"a", "b", "c", "d", "e"};
  pool.sample_size = 2;
  CHECK(sampled(pool, 0) == std::vector<std::string>{"a", "b"});
  CHECK(sampled(pool, 1) == std::vector<std::string>{"c", "d"});
  CHECK(sampled(pool, 2) == std::vector<std::string>{"e", "a"});
  pool.sample_size = 9;
  CHECK(sampled(pool, 7).size() == 5);
  pool.sample.clear();
  CHECK(sampled(pool, 3).empty());
}
