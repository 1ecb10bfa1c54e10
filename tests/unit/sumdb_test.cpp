// A checksum database looked at through a mirror: what is proved, and which heads contradict each other.
#include <catch2/catch.hpp>

#include "tests/support/sums_site.hpp"

using namespace mw;

TEST_CASE("sumdb: accepts a real chain of signed heads") {
  Small site;
  for (std::uint64_t size = 1; size <= site.tree.size(); ++size) {
    CAPTURE(size);
    const std::uint64_t n = size * 7 % size;
    site.run.serve(site.tree, n, size);
    const SumsChecked checked = site.run.check(SumTree::module(n));
    REQUIRE(proved(checked));
    CHECK(checked.sums == sums_of(site.tree, n));
    CHECK(checked.remember == SumsRun::Memory{{kFeed, site.tree.signed_head(size)}});
    site.run.remembered = checked.remember;
  }
}

TEST_CASE("sumdb: every record of a tree can be looked up, and a second look costs only what is new") {
  Small site;
  site.run.database.cache = std::make_shared<TileBytes>();
  for (std::uint64_t n = 0; n < site.tree.size(); ++n) {
    CAPTURE(n);
    site.run.serve(site.tree, n, 40);
    const SumsChecked checked = site.run.check(SumTree::module(n));
    REQUIRE(proved(checked));
    CHECK(checked.sums == sums_of(site.tree, n));
    const SumsChecked again = site.run.check(SumTree::module(n));
    REQUIRE(proved(again));
    CHECK(again.traffic.requests == 1);
    CHECK(again.traffic.bytes_received == site.tree.lookup(n, 40).size());
  }
}

TEST_CASE("sumdb: a lookup counts its requests and bytes") {
  Small site;
  site.run.serve(site.tree, 5, 39);
  std::uint64_t bytes = 0;
  const TreeQuestion question{site.tree.head(39), 2, {5}, {}};
  for (const Tile& tile : tiles_needed(question)) bytes += tile.width * 32;
  const SumsChecked checked = site.run.check(SumTree::module(5));
  REQUIRE(proved(checked));
  CHECK(checked.traffic.requests == 1 + tiles_needed(question).size());
  CHECK(checked.traffic.bytes_received == bytes + site.tree.lookup(5, 39).size());
}

TEST_CASE("sumdb: tiles of height 8 in a tree of three levels") {
  const SumTree tree = tree_of(70'000);
  SumsRun run(tree.key());
  for (const std::uint64_t n : {0, 1000, 65'535, 69'999}) {
    run.serve(tree, n, 70'000);
    const SumsChecked checked = run.check(SumTree::module(n));
    REQUIRE(proved(checked));
    CHECK(checked.sums == sums_of(tree, n));
    CHECK(checked.traffic.bytes_received < 40'000);
  }
  std::string& leaves = run.page("tile/8/0/003").body;
  leaves[40] = static_cast<char>(leaves[40] ^ 1);
  CHECK(failed(run.check(SumTree::module(1000)), Layer::integrity, Reason::checksum));
}

TEST_CASE("sumdb: the database's own server is asked at its own URL") {
  const SumTree tree = tree_of(5);
  SumsRun run(tree.key());
  run.database = direct({tree.key(), SumsRun::url("http://192.0.2.9/db")});
  auto& pages = run.elsewhere();
  pages["/db/lookup/example.org/m@v1.3.0"] = {200, tree.lookup(3, 5), {}};
  for (const auto& [path, bytes] : tree.tiles(5, 8)) pages["/db/" + path] = {200, bytes, {}};
  CHECK(proved(run.check(SumTree::module(3))));
  // Not below the policy: another host's private address is blocked unless it was configured.
  run.configured = {"192.0.2.7"};
  run.database.base = SumsRun::url("http://localhost/db");
  run.net.name_is("localhost", Answer{{}, {*parse_address("127.0.0.1")}, {}});
  CHECK(failed(run.check(SumTree::module(3)), Layer::connect, Reason::address_blocked));
}

TEST_CASE("sumdb: rejects a bad signature") {
  Small site;
  site.run.serve(site.tree, 3, 17);
  std::string& body = site.run.page("lookup/example.org/m@v1.3.0").body;
  const std::string before = "\n17\n";
  body.replace(body.find(before), before.size(), "\n16\n");
  CHECK(failed(site.run.check(SumTree::module(3)), Layer::integrity, Reason::signature));
}

TEST_CASE("sumdb: rejects a wrong key, also one of the same name") {
  for (const char* name : {"sum.example.org", "sum.example.com"}) {
    Small site;
    SumTree namesake(name, 9);
    namesake.grow(17);
    site.run.serve(namesake, 3, 17);
    const SumsChecked checked = site.run.check(SumTree::module(3));
    CHECK(failed(checked, Layer::integrity, Reason::signature));
    CHECK(checked.failure->detail.find(shown(site.tree.key())) != std::string::npos);
    CHECK(checked.remember.empty());
  }
}

TEST_CASE("sumdb: rejects a forked tree that is larger than the remembered head") {
  Forked site;
  site.run.remembered[kFeed] = site.tree.signed_head(25);
  site.run.serve(site.other, 3, 33);
  const SumsChecked checked = site.run.check(SumTree::module(3));
  CHECK(failed(checked, Layer::integrity, Reason::fork));
  CHECK(checked.failure->detail.find(shown(site.tree.head(25))) != std::string::npos);
  CHECK(checked.failure->detail.find(shown(site.other.head(33))) != std::string::npos);
  CHECK(checked.remember ==
        SumsRun::Memory{{kFeed + "/fork", site.tree.signed_head(25) + "\n" + site.other.signed_head(33)}});
}

TEST_CASE("sumdb: rejects a forked tree of the size of the remembered head") {
  Forked site;
  site.run.remembered[kFeed] = site.tree.signed_head(25);
  site.run.serve(site.other, 3, 25);
  const SumsChecked checked = site.run.check(SumTree::module(3));
  CHECK(failed(checked, Layer::integrity, Reason::fork));
  CHECK(checked.traffic.requests == 1);
}

TEST_CASE("sumdb: rejects a forked tree that is smaller than the remembered head") {
  Forked site;
  site.run.remembered[kFeed] = site.tree.signed_head(40);
  site.run.serve_tiles(site.tree, 40);
  site.run.serve(site.other, 3, 25);
  const SumsChecked checked = site.run.check(SumTree::module(3));
  CHECK(failed(checked, Layer::integrity, Reason::fork));
  CHECK(checked.failure->detail.find(shown(site.other.head(25))) != std::string::npos);
}

TEST_CASE("sumdb: rejects a tree that is forked from the reference's, smaller and larger") {
  for (const std::uint64_t size : {25, 40}) {
    CAPTURE(size);
    Forked site;
    site.run.of_reference[kFeed] = site.tree.signed_head(32);
    site.run.serve(site.other, 3, size);
    for (const auto& [path, bytes] : site.tree.tiles(32, 2)) site.run.elsewhere()["/" + path] = {200, bytes, {}};
    const SumsChecked checked = site.run.check(SumTree::module(3));
    CHECK(failed(checked, Layer::integrity, Reason::fork));
    CHECK(checked.failure->detail.find(shown(site.tree.head(32))) != std::string::npos);
    CHECK(checked.remember.contains(kFeed + "/fork"));
  }
}

TEST_CASE("sumdb: what the reference cannot show is undecided, and not held against the mirror") {
  Small site;
  site.run.of_reference[kFeed] = site.tree.signed_head(40);
  site.run.serve(site.tree, 3, 17);
  const SumsChecked checked = site.run.check(SumTree::module(3));
  CHECK(good(checked));
  CHECK(checked.sums);
  CHECK(checked.undecided.find(shown(site.tree.head(40))) != std::string::npos);
  for (const auto& [path, bytes] : site.tree.tiles(40, 2)) site.run.elsewhere()["/" + path] = {200, bytes, {}};
  CHECK(proved(site.run.check(SumTree::module(3))));
  // The reference's forged tiles are no fork of the mirror's.
  for (auto& [path, page] : site.run.elsewhere()) page.body[0] = static_cast<char>(page.body[0] ^ 1);
  CHECK(good(site.run.check(SumTree::module(3))));
  CHECK_FALSE(site.run.check(SumTree::module(3)).undecided.empty());
}

TEST_CASE("sumdb: a record that came with an older head is proved in it, and the larger head stays remembered") {
  Small site;
  site.run.remembered[kFeed] = site.tree.signed_head(40);
  site.run.serve(site.tree, 3, 40);
  site.run.serve(site.tree, 3, 17);
  const SumsChecked checked = site.run.check(SumTree::module(3));
  REQUIRE(proved(checked));
  CHECK(checked.remember.at(kFeed) == site.tree.signed_head(40));
}

TEST_CASE("sumdb: a head that the mirror served and no longer has the tiles of") {
  Small site;
  site.run.remembered[kFeed] = site.tree.signed_head(40);
  site.run.serve(site.tree, 3, 17);
  CHECK(failed(site.run.check(SumTree::module(3)), Layer::integrity, Reason::missing_artifact));
}

TEST_CASE("sumdb: what is remembered and not signed by this key counts for nothing") {
  Forked site;
  const SumTree namesake("sum.example.org", 9);
  std::string forged = site.other.signed_head(25);
  forged[forged.find("25")] = '3';
  for (const std::string& note : {std::string("nonsense"), std::string(), namesake.signed_head(0), forged}) {
    site.run.remembered = {{kFeed, note}, {kFeed + "/latest", "1\n" + note}};
    site.run.of_reference = site.run.remembered;
    site.run.serve(site.tree, 3, 39);
    CHECK(proved(site.run.check(SumTree::module(3))));
  }
}

TEST_CASE("sumdb: rejects a missing record") {
  Small site;
  site.run.serve(site.tree, 3, 17);
  CHECK(failed(site.run.check(SumTree::module(4)), Layer::integrity, Reason::missing_artifact));
  site.run.page("lookup/example.org/m@v1.4.0") = {410, "not found: unknown revision", {}};
  CHECK(failed(site.run.check(SumTree::module(4)), Layer::integrity, Reason::missing_artifact));
  // A number that the tree does not have yet.
  site.run.page("lookup/example.org/m@v1.4.0") = {
      200, "17\n" + site.tree.record(4) + "\n" + site.tree.signed_head(17), {}};
  CHECK(failed(site.run.check(SumTree::module(4)), Layer::integrity, Reason::missing_artifact));
}
