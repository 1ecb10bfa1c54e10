// A checksum database whose mirror, or whose own server, lies: records, lines, tiles, pages; the CVEs of 2026.
#include <catch2/catch.hpp>

#include "tests/support/sums_site.hpp"

using namespace mw;

TEST_CASE("sumdb: CVE-2026-42501: an empty reply, or one without a record, is no success") {
  Small site;
  site.run.serve_tiles(site.tree, 17);
  const std::string head = site.tree.signed_head(17);
  for (const std::string& body : {std::string(), head, "3\n\n" + head}) {
    CAPTURE(body);
    site.run.page("lookup/example.org/m@v1.3.0") = {200, body, {}};
    CHECK(failed(site.run.check(SumTree::module(3)), Layer::integrity, Reason::missing_artifact));
  }
}

TEST_CASE("sumdb: CVE-2026-42501: rejects an unrelated record, however well it is proved") {
  Small site;
  site.run.serve_tiles(site.tree, 17);
  site.run.page("lookup/example.org/m@v1.3.0") = {200, site.tree.lookup(4, 17), {}};
  CHECK(failed(site.run.check(SumTree::module(3)), Layer::integrity, Reason::wrong_object));
  // The right record under another number.
  site.run.page("lookup/example.org/m@v1.3.0") = {
      200, "4\n" + site.tree.record(3) + "\n" + site.tree.signed_head(17), {}};
  CHECK(failed(site.run.check(SumTree::module(3)), Layer::integrity, Reason::checksum));
}

TEST_CASE("sumdb: CVE-2026-56864: rejects hash lines outside the record, even when they are signed") {
  SumTree tree = tree_of(9);
  SumsRun run(tree.key());
  run.serve_tiles(tree, 9);
  const std::string forged = some_record(SumTree::module(3), "forged");
  const std::string signed_lines = tree.sign(tree_text(tree.head(9)) + forged);
  run.page("lookup/example.org/m@v1.3.0") = {200, "3\n" + tree.record(3) + "\n" + signed_lines, {}};
  CHECK(failed(run.check(SumTree::module(3)), Layer::integrity, Reason::wrong_object));
  run.page("lookup/example.org/m@v1.3.0").body = "4\n" + tree.record(4) + "\n" + signed_lines;
  CHECK(failed(run.check(SumTree::module(3)), Layer::integrity, Reason::wrong_object));
  // Other lines in a head mean nothing and are no trouble.
  const std::string harmless = tree.sign(tree_text(tree.head(9)) + "whatever\n");
  run.page("lookup/example.org/m@v1.3.0").body = "3\n" + tree.record(3) + "\n" + harmless;
  const SumsChecked checked = run.check(SumTree::module(3));
  REQUIRE(proved(checked));
  CHECK(checked.sums == sums_of(tree, 3));
}

TEST_CASE("sumdb: CVE-2026-56864: hash lines among the signatures make the note malformed") {
  SumTree tree = tree_of(9);
  SumsRun run(tree.key());
  run.serve(tree, 3, 9);
  run.page("lookup/example.org/m@v1.3.0").body += some_record(SumTree::module(3), "forged");
  CHECK(failed(run.check(SumTree::module(3)), Layer::content, Reason::parse));
}

TEST_CASE("sumdb: rejects extra lines in the record, even when the tree has them") {
  SumTree tree = tree_of(9);
  tree.add(some_record(SumTree::module(9)) + some_record({"example.org/other", "v1.0.0"}));
  tree.add(some_record(SumTree::module(10)) + some_record(SumTree::module(10), "again"));
  SumsRun run(tree.key());
  for (const std::uint64_t n : {9, 10}) {
    run.serve(tree, n, 11);
    CHECK(failed(run.check(SumTree::module(n)), Layer::integrity, Reason::wrong_object));
  }
}

TEST_CASE("sumdb: rejects a record with other hashes than the tree's") {
  Small site;
  site.run.serve_tiles(site.tree, 17);
  site.run.page("lookup/example.org/m@v1.3.0") = {
      200, "3\n" + some_record(SumTree::module(3), "forged") + "\n" + site.tree.signed_head(17), {}};
  CHECK(failed(site.run.check(SumTree::module(3)), Layer::integrity, Reason::checksum));
}

TEST_CASE("sumdb: CVE-2026-56865: rejects a forged tile of each level") {
  // Of the proof of record 5 in a tree of 40: the edge at levels 2 and 1, full tiles at levels 1 and 0.
  const TreeQuestion question{tree_of(40).head(40), 2, {5}, {}};
  std::set<int> levels;
  for (const Tile& tile : tiles_needed(question)) {
    Small site;
    site.run.serve(site.tree, 5, 40);
    REQUIRE(proved(site.run.check(SumTree::module(5))));
    std::string& bytes = site.run.page(tile_path(tile)).body;
    bytes[7] = static_cast<char>(bytes[7] ^ 1);
    CAPTURE(tile_path(tile));
    CHECK(failed(site.run.check(SumTree::module(5)), Layer::integrity, Reason::checksum));
    levels.insert(tile.level);
  }
  CHECK(levels == std::set<int>{0, 1, 2});
}

TEST_CASE("sumdb: CVE-2026-56865: rejects two forged tiles that fit each other and the forged record") {
  Small site;
  site.run.serve(site.tree, 5, 40);
  const std::string record = some_record(SumTree::module(5), "forged");
  site.run.page("lookup/example.org/m@v1.5.0").body = "5\n" + record + "\n" + site.tree.signed_head(40);
  const TreeHash leaf = hash_record(record);
  std::string& tile = site.run.page("tile/2/0/001").body;
  std::copy(leaf.begin(), leaf.end(), tile.begin() + 32);
  std::vector<TreeHash> leaves(4);
  for (std::size_t i = 0; i < tile.size(); ++i) leaves[i / 32][i % 32] = static_cast<unsigned char>(tile[i]);
  const TreeHash folded = hash_node(hash_node(leaves[0], leaves[1]), hash_node(leaves[2], leaves[3]));
  std::string& parent = site.run.page("tile/2/1/000").body;
  std::copy(folded.begin(), folded.end(), parent.begin() + 32);
  CHECK(failed(site.run.check(SumTree::module(5)), Layer::integrity, Reason::checksum));
}

TEST_CASE("sumdb: no tile that was refused gets into the cache") {
  Small site;
  site.run.database.cache = std::make_shared<TileBytes>();
  site.run.serve(site.tree, 5, 40);
  std::string& bytes = site.run.page("tile/2/0/001").body;
  bytes[7] = static_cast<char>(bytes[7] ^ 1);
  CHECK(failed(site.run.check(SumTree::module(5)), Layer::integrity, Reason::checksum));
  CHECK(site.run.database.cache->empty());
  bytes[7] = static_cast<char>(bytes[7] ^ 1);
  CHECK(proved(site.run.check(SumTree::module(5))));
}

TEST_CASE("sumdb: a fork within one run is called one, though tiles of the other tree are in the cache") {
  Forked site;
  site.run.database.cache = std::make_shared<TileBytes>();
  site.run.serve(site.tree, 24, 38);
  const SumsChecked first = site.run.check(SumTree::module(24));
  REQUIRE(proved(first));
  site.run.remembered = first.remember;
  site.run.serve(site.other, 25, 39);
  CHECK(failed(site.run.check(SumTree::module(25)), Layer::integrity, Reason::fork));
}

TEST_CASE("sumdb: rejects a truncated tile, a page and an empty page in its place") {
  Small site;
  site.run.serve(site.tree, 5, 40);
  FakePage& tile = site.run.page("tile/2/0/001");
  const std::string whole = tile.body;
  tile.body = whole.substr(0, 100);
  CHECK(failed(site.run.check(SumTree::module(5)), Layer::content, Reason::parse));
  tile.body = whole + std::string(32, 'x');
  CHECK(failed(site.run.check(SumTree::module(5)), Layer::content, Reason::parse));
  tile.body = "<!DOCTYPE html><html><body>log in</body></html>";
  CHECK(failed(site.run.check(SumTree::module(5)), Layer::content, Reason::html));
  tile.body = "";
  CHECK(failed(site.run.check(SumTree::module(5)), Layer::content, Reason::empty));
  tile.body = std::string(100'000, 'x');
  CHECK(failed(site.run.check(SumTree::module(5)), Layer::http, Reason::body_limit));
  site.run.drop("tile/2/0/001");
  CHECK(failed(site.run.check(SumTree::module(5)), Layer::integrity, Reason::missing_artifact));
}

TEST_CASE("sumdb: a partial tile that is gone is cut from the full one") {
  Small site;
  site.run.serve(site.tree, 5, 39);
  for (const Tile& tile : tiles_needed({site.tree.head(39), 2, {5}, {}})) {
    if (is_full(tile)) continue;
    site.run.drop(tile_path(tile));
    SumTree later = site.tree;
    later.grow(100);
    site.run.page(tile_path(filled(tile))).body = later.tiles(128, 2).at(tile_path(filled(tile)));
  }
  const SumsChecked checked = site.run.check(SumTree::module(5));
  REQUIRE(proved(checked));
  CHECK(checked.sums == sums_of(site.tree, 5));
  site.run.page("tile/2/0/009").body.pop_back();
  CHECK(failed(site.run.check(SumTree::module(5)), Layer::content, Reason::parse));
}

TEST_CASE("sumdb: a mirror that asks to be left alone is not asked for the full tile as well") {
  Small site;
  site.run.serve(site.tree, 5, 39);
  site.run.page("tile/2/0/009.p/3") = {429, "", {}};
  const std::uint64_t before = site.run.net.host("192.0.2.7:80").requests;
  const SumsChecked checked = site.run.check(SumTree::module(5));
  CHECK(failed(checked, Layer::http, Reason::rate_limited));
  CHECK(checked.traffic.requests == site.run.net.host("192.0.2.7:80").requests - before);
  CHECK(checked.traffic.requests <= 5);
}

TEST_CASE("sumdb: replies that are no replies") {
  const std::tuple<FakePage, Layer, Reason> rows[] = {
      {{200, "<html><body>hello</body></html>", {}}, Layer::content, Reason::html},
      {{200, "bad gateway\n", {}}, Layer::content, Reason::parse},
      {{200, std::string(kMaxLookup + 1, '1'), {}}, Layer::http, Reason::body_limit},
      {{500, "", {}}, Layer::http, Reason::server_error},
      {{400, "", {}}, Layer::http, Reason::client_error},
      {{403, "", {}}, Layer::http, Reason::unauthorized},
      {{204, "", {}}, Layer::http, Reason::unexpected_status},
  };
  for (const auto& [page, layer, reason] : rows) {
    Small site;
    site.run.page("lookup/example.org/m@v1.3.0") = page;
    CHECK(failed(site.run.check(SumTree::module(3)), layer, reason));
  }
}

TEST_CASE("sumdb: trouble on the way is passed on") {
  const std::tuple<const char*, Layer, Reason> rows[] = {
      {"refused", Layer::connect, Reason::refused},
      {"blackhole", Layer::connect, Reason::timeout},
      {"silent", Layer::http, Reason::timeout},
      {"truncated", Layer::http, Reason::truncated},
  };
  for (const auto& [trouble, layer, reason] : rows) {
    Small site;
    site.run.serve(site.tree, 3, 17);
    site.run.page("latest") = {200, site.tree.signed_head(17), {}};
    site.run.net.host("192.0.2.7:80").trouble = trouble;
    CHECK(failed(site.run.check(SumTree::module(3)), layer, reason));
    CHECK(failed(site.run.look(), layer, reason));
  }
}

TEST_CASE("sumdb: a module that nobody can be asked for is not asked for") {
  Small site;
  const SumsChecked checked = site.run.check({"example.org/../m", "v1.0.0"});
  CHECK(failed(checked, Layer::integrity, Reason::local_resource));
  CHECK(checked.traffic.requests == 0);
}
