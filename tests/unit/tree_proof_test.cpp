// Proofs from tiles: all that is true can be shown, and no tile can be forged, cut or left out.
#include "probes/formats/tree_proof.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "tests/support/sum_tree.hpp"

using namespace mw;

namespace {

SumTree tree_of(std::uint64_t size) {
  SumTree tree;
  tree.grow(size);
  return tree;
}

TileBytes served(const TreeQuestion& question, const SumTree& tree) {
  const auto pages = tree.tiles(question.head.size, question.tile_height);
  TileBytes bytes;
  for (const Tile& tile : tiles_needed(question)) bytes[tile] = pages.at(tile_path(tile));
  return bytes;
}

std::optional<TileTrouble> trouble(const TreeQuestion& question, const TileBytes& bytes) {
  const auto result = AuthenticTree::authenticate(question, bytes);
  const auto* fault = std::get_if<TileFault>(&result);
  return fault == nullptr ? std::nullopt : std::optional(fault->trouble);
}

std::string flipped(std::string bytes, std::size_t at) {
  bytes.at(at) = static_cast<char>(bytes.at(at) ^ 0x10);
  return bytes;
}

TreeHash fold(const std::string& bytes) {
  std::vector<TreeHash> hashes(bytes.size() / 32);
  for (std::size_t i = 0; i < bytes.size(); ++i) hashes[i / 32][i % 32] = static_cast<unsigned char>(bytes[i]);
  for (; hashes.size() > 1; hashes.resize(hashes.size() / 2))
    for (std::size_t i = 0; i < hashes.size() / 2; ++i) hashes[i] = hash_node(hashes[2 * i], hashes[2 * i + 1]);
  return hashes.front();
}

/// 70000 records: with tiles of height 8 this has three levels, and full tiles on two of them.
const SumTree& large() {
  static const SumTree tree = tree_of(70'000);
  return tree;
}

/// A leaf whose proof goes through full tiles on both lower levels.
const TreeQuestion kDeep{large().head(70'000), 8, {1000}, {}};

void check_all_records(const SumTree& tree, std::uint64_t size, int height) {
  for (std::uint64_t record = 0; record < size; ++record) {
    CAPTURE(height, size, record);
    const TreeQuestion question{tree.head(size), height, {record}, {record, size}};
    const auto result = AuthenticTree::authenticate(question, served(question, tree));
    const auto* authentic = std::get_if<AuthenticTree>(&result);
    REQUIRE(authentic != nullptr);
    REQUIRE(authentic->record_hash(record) == hash_record(tree.record(record)));
    REQUIRE(authentic->root_at(record) == tree.head(record).root);
    REQUIRE(authentic->root_at(size) == tree.head(size).root);
    REQUIRE_FALSE(authentic->root_at(size + 1));
    REQUIRE_FALSE(authentic->record_hash(size));
  }
}

/// One byte of one tile, alone and together with one of each other tile.
void check_forged(const TreeQuestion& question, const TileBytes& good, const Tile& tile, std::size_t at) {
  TileBytes forged = good;
  forged[tile] = flipped(forged[tile], at);
  CAPTURE(tile_path(tile), at);
  REQUIRE(trouble(question, forged));
  for (const auto& [second, bytes] : good) {
    if (second == tile) continue;
    TileBytes twice = forged;
    twice[second] = flipped(bytes, at % bytes.size());
    REQUIRE(trouble(question, twice));
  }
}

}  // namespace

TEST_CASE("tree proof: every record and every older tree, for all small sizes and heights") {
  const SumTree tree = tree_of(40);
  for (int height = 1; height <= 4; ++height)
    for (std::uint64_t size = 1; size <= tree.size(); ++size) check_all_records(tree, size, height);
}

TEST_CASE("tree proof: tiles of height 8 in a tree of three levels") {
  for (const std::uint64_t record : {0, 255, 256, 65'535, 65'536, 69'887, 69'888, 69'999}) {
    CAPTURE(record);
    const TreeQuestion question{large().head(70'000), 8, {record}, {1, 256, 65'536, 69'900}};
    const auto result = AuthenticTree::authenticate(question, served(question, large()));
    REQUIRE(std::holds_alternative<AuthenticTree>(result));
    const auto& authentic = std::get<AuthenticTree>(result);
    CHECK(authentic.record_hash(record) == hash_record(large().record(record)));
    for (const std::uint64_t size : question.sizes) CHECK(authentic.root_at(size) == large().head(size).root);
  }
}

TEST_CASE("tree proof: the tiles are the few that it takes, each once, parents first") {
  const std::vector<Tile> tiles = tiles_needed(kDeep);
  const std::vector<Tile> expected = {{8, 2, 0, 1}, {8, 1, 1, 17}, {8, 0, 273, 112}, {8, 1, 0, 256}, {8, 0, 3, 256}};
  CHECK(tiles == expected);
  TileBytes bytes = served(kDeep, large());
  CHECK(tiles_missing(kDeep, bytes, 9).empty());
  bytes.erase(tiles[1]);
  bytes.erase(tiles[4]);
  CHECK(tiles_missing(kDeep, bytes, 9) == std::vector<Tile>{tiles[1], tiles[4]});
  CHECK(tiles_missing(kDeep, bytes, 1) == std::vector<Tile>{tiles[1]});
}

TEST_CASE("tree proof: an empty tree has the one root it can have") {
  const TreeQuestion empty{{0, hash_empty_tree()}, 8, {}, {0}};
  CHECK(tiles_needed(empty).empty());
  CHECK_FALSE(trouble(empty, {}));
  TreeQuestion other = empty;
  other.head.root[0] ^= 1U;
  CHECK(trouble(other, {}) == TileTrouble::wrong_root);
}

TEST_CASE("tree proof: any forged byte of any tile is found, and any two forged tiles") {
  const SumTree tree = tree_of(40);
  const TreeQuestion question{tree.head(39), 2, {5}, {11, 30}};
  const TileBytes good = served(question, tree);
  REQUIRE(good.size() >= 7);
  REQUIRE_FALSE(trouble(question, good));
  for (const auto& [tile, bytes] : good)
    for (std::size_t at = 0; at < bytes.size(); ++at) check_forged(question, good, tile, at);
}

TEST_CASE("tree proof: a forged tile of level 0") {
  TileBytes bytes = served(kDeep, large());
  std::string& tile = bytes[{8, 0, 3, 256}];
  tile = flipped(tile, 1000 % 256 * 32);
  CHECK(trouble(kDeep, bytes) == TileTrouble::forged);
}

TEST_CASE("tree proof: a forged tile of level 1") {
  TileBytes bytes = served(kDeep, large());
  std::string& tile = bytes[{8, 1, 0, 256}];
  tile = flipped(tile, 200 * 32);
  CHECK(trouble(kDeep, bytes) == TileTrouble::forged);
}

TEST_CASE("tree proof: a forged tile of level 2") {
  TileBytes bytes = served(kDeep, large());
  std::string& tile = bytes[{8, 2, 0, 1}];
  tile = flipped(tile, 0);
  CHECK(trouble(kDeep, bytes) == TileTrouble::wrong_root);
}

TEST_CASE("tree proof: a forged tile at the right edge") {
  for (const Tile& edge : {Tile{8, 1, 1, 17}, Tile{8, 0, 273, 112}}) {
    TileBytes bytes = served(kDeep, large());
    bytes[edge] = flipped(bytes[edge], 40);
    CHECK(trouble(kDeep, bytes) == TileTrouble::wrong_root);
  }
}

TEST_CASE("tree proof: CVE-2026-56865: two tiles forged to fit each other do not pass") {
  TileBytes bytes = served(kDeep, large());
  std::string& child = bytes[{8, 0, 3, 256}];
  std::string& parent = bytes[{8, 1, 0, 256}];
  child = flipped(child, 1000 % 256 * 32);
  const TreeHash claimed = fold(child);
  std::copy(claimed.begin(), claimed.end(), parent.begin() + 3 * 32);
  CHECK(trouble(kDeep, bytes) == TileTrouble::forged);
  // And up to the root: then it is the root that does not fit.
  std::string& top = bytes[{8, 2, 0, 1}];
  const TreeHash above = fold(parent);
  std::copy(above.begin(), above.end(), top.begin());
  CHECK(trouble(kDeep, bytes) == TileTrouble::wrong_root);
}

TEST_CASE("tree proof: CVE-2026-56865: tiles shared by several complete subtrees leave none unchecked") {
  // 70000 = 2^16 + 2^12 + 2^8 + 2^6 + 2^5 + 2^4: six subtrees in three tiles, so counting subtrees as tiles would
  // skip three checks.
  for (const Tile& tile : {Tile{8, 1, 0, 256}, Tile{8, 0, 3, 256}, Tile{8, 0, 4, 256}}) {
    const TreeQuestion question{kDeep.head, 8, {1000, 1025}, {}};
    TileBytes bytes = served(question, large());
    bytes[tile] = flipped(bytes[tile], 255 * 32);
    CHECK(trouble(question, bytes) == TileTrouble::forged);
  }
}

TEST_CASE("tree proof: truncated, padded and absent tiles") {
  for (const Tile& tile : tiles_needed(kDeep)) {
    TileBytes bytes = served(kDeep, large());
    const std::string whole = bytes[tile];
    for (const std::size_t size : {std::size_t{0}, std::size_t{31}, whole.size() - 32, whole.size() - 1}) {
      bytes[tile] = whole.substr(0, size);
      CHECK(trouble(kDeep, bytes) == TileTrouble::wrong_size);
    }
    bytes[tile] = whole + std::string(32, 'x');
    CHECK(trouble(kDeep, bytes) == TileTrouble::wrong_size);
    bytes.erase(tile);
    CHECK(trouble(kDeep, bytes) == TileTrouble::absent);
  }
}

TEST_CASE("tree proof: an older tree of another history is not the beginning of this one") {
  SumTree ours = tree_of(9);
  SumTree other = ours;
  ours.grow(20, "ours");
  other.grow(20, "other");
  const TreeQuestion question{ours.head(29), 2, {}, {9, 10, 16, 28}};
  const auto result = AuthenticTree::authenticate(question, served(question, ours));
  REQUIRE(std::holds_alternative<AuthenticTree>(result));
  const auto& tree = std::get<AuthenticTree>(result);
  CHECK(tree.root_at(9) == other.head(9).root);
  for (const std::uint64_t size : {10, 16, 28}) {
    CHECK(tree.root_at(size) == ours.head(size).root);
    CHECK(tree.root_at(size) != other.head(size).root);
  }
}

TEST_CASE("tree proof: sizes and heights that no tree has are refused without looking for tiles") {
  for (const TreeQuestion& question :
       {TreeQuestion{{kMaxTreeSize + 1, {}}, 8, {0}, {1}}, TreeQuestion{{5, {}}, 0, {0}, {1}},
        TreeQuestion{{5, {}}, -8, {0}, {1}}, TreeQuestion{{5, {}}, 31, {0}, {1}}}) {
    CHECK(tiles_needed(question).empty());
    CHECK(trouble(question, {}) == TileTrouble::wrong_root);
  }
  const TreeQuestion largest{{kMaxTreeSize, {}}, 8, {0, kMaxTreeSize - 1}, {kMaxTreeSize - 1}};
  CHECK(tiles_needed(largest).size() < 32);
  CHECK(trouble(largest, {}) == TileTrouble::absent);
}
