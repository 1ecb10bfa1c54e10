// The cheap look at a checksum database: its latest head, and how it moves.
#include <catch2/catch.hpp>

#include "tests/support/sums_site.hpp"

using namespace mw;
using namespace std::chrono_literals;

TEST_CASE("sumdb: latest says how large the tree is") {
  Small site;
  site.run.page("latest") = {200, site.tree.signed_head(17), {}};
  const SumsChecked seen = site.run.look();
  REQUIRE(good(seen));
  REQUIRE(seen.feed);
  CHECK(*seen.feed == FeedLook{kFeed, Version{to_base64(site.tree.head(17).root), 17, std::nullopt}, std::nullopt});
  CHECK(seen.remember == SumsRun::Memory{{kFeed + "/latest", "1700000000\n" + site.tree.signed_head(17)}});
  CHECK(seen.traffic.requests == 1);
  CHECK(seen.traffic.bytes_received == site.tree.signed_head(17).size());
}

TEST_CASE("sumdb: latest that is no signed head") {
  const std::tuple<std::string, Layer, Reason> rows[] = {
      {"", Layer::content, Reason::empty},
      {"<html></html>", Layer::content, Reason::html},
      {"go.sum database tree\n", Layer::content, Reason::parse},
      {SumTree("sum.example.org", 9).signed_head(0), Layer::integrity, Reason::signature},
      {SumTree().sign("go.sum database forest\n"), Layer::content, Reason::parse},
      {SumTree().sign(tree_text({1, {}}) + std::string(70'000, 'x') + "\n"), Layer::http, Reason::body_limit},
  };
  for (const auto& [body, layer, reason] : rows) {
    Small site;
    site.run.page("latest") = {200, body, {}};
    const SumsChecked seen = site.run.look();
    CHECK(failed(seen, layer, reason));
    REQUIRE(seen.feed);
    CHECK_FALSE(seen.feed->version);
    CHECK(seen.feed->failure == seen.failure);
    CHECK(seen.remember.empty());
  }
}

TEST_CASE("sumdb: rejects a stale head: smaller than one that latest showed before any cache's time") {
  Small site;
  site.run.page("latest") = {200, site.tree.signed_head(40), {}};
  site.run.remembered = site.run.look().remember;
  site.run.page("latest") = {200, site.tree.signed_head(17), {}};
  // For a while another cache's copy may come up, and nobody is blamed for it.
  const SumsChecked soon = site.run.look();
  CHECK(good(soon));
  CHECK(soon.feed->version->order == 17);
  site.run.remembered = soon.remember;
  site.run.net.step_wall(3h);
  const SumsChecked later = site.run.look();
  CHECK(failed(later, Layer::freshness, Reason::rollback));
  CHECK(later.feed->version->order == 17);
  CHECK(later.failure->detail.find(shown(site.tree.head(40))) != std::string::npos);
  // The high-water mark stays until it is reached again.
  site.run.remembered = later.remember;
  CHECK(failed(site.run.look(), Layer::freshness, Reason::rollback));
  site.run.page("latest") = {200, site.tree.signed_head(40), {}};
  CHECK(good(site.run.look()));
}

TEST_CASE("sumdb: latest that contradicts a head of the same size, proved, seen or the reference's") {
  Forked site;
  site.run.page("latest") = {200, site.other.signed_head(25), {}};
  const SumsRun::Memory memories[] = {{{kFeed, site.tree.signed_head(25)}},
                                      {{kFeed + "/latest", "1700000000\n" + site.tree.signed_head(25)}}};
  for (const SumsRun::Memory& memory : memories) {
    site.run.remembered = memory;
    site.run.of_reference.clear();
    CHECK(failed(site.run.look(), Layer::integrity, Reason::fork));
    std::swap(site.run.remembered, site.run.of_reference);
    const SumsChecked seen = site.run.look();
    CHECK(failed(seen, Layer::integrity, Reason::fork));
    CHECK(seen.remember.contains(kFeed + "/fork"));
  }
}

TEST_CASE("sumdb: a lookup is also held against what latest showed") {
  Forked site;
  site.run.remembered[kFeed + "/latest"] = "1700000000\n" + site.tree.signed_head(25);
  site.run.serve(site.other, 3, 33);
  CHECK(failed(site.run.check(SumTree::module(3)), Layer::integrity, Reason::fork));
}

TEST_CASE("sumdb: what a look learned is added to the finding, and known to the next look of the run") {
  Forked site;
  site.run.serve(site.tree, 3, 33);
  const SumsChecked first = site.run.check(SumTree::module(3));
  Finding finding;
  finding.traffic.requests = 1;
  take_in(finding, first);
  CHECK(finding.traffic.requests == 1 + first.traffic.requests);
  CHECK(finding.traffic.bytes_received == first.traffic.bytes_received);
  CHECK(finding.remember == first.remember);
  CHECK_FALSE(finding.failure);
  const Target next = knowing(site.run.target(), first.remember);
  CHECK(*next.remembered == first.remember);
  site.run.remembered = *next.remembered;
  site.run.serve(site.other, 4, 36);
  const SumsChecked second = site.run.check(SumTree::module(4));
  CHECK(failed(second, Layer::integrity, Reason::fork));
  take_in(finding, second);
  CHECK(finding.failure == second.failure);
  CHECK(finding.remember.size() == 2);
}
