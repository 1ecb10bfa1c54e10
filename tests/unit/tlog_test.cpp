// The log's arithmetic: hashes, where they are stored, tile paths, the text of a head.
#include "probes/formats/tlog.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "tests/support/sum_tree.hpp"

using namespace mw;

namespace {

std::string hex(const TreeHash& hash) {
  std::string text;
  for (const unsigned char byte : hash) {
    text += "0123456789abcdef"[byte >> 4U];
    text += "0123456789abcdef"[byte & 15U];
  }
  return text;
}

const std::string kRoot = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

std::string head_text(const std::string& size, const std::string& root) {
  return "go.sum database tree\n" + size + "\n" + root + "\n";
}

}  // namespace

TEST_CASE("tlog: hashes as RFC 6962 defines them") {
  CHECK(hex(hash_empty_tree()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(hash_record("")) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  const TreeHash zero = hash_record(std::string_view("\0", 1));
  CHECK(hex(zero) == "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
  CHECK(hex(hash_node(hash_record(""), zero)) == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  CHECK(to_base64(hash_empty_tree()) == kRoot);
}

TEST_CASE("tlog: hashes are stored in the order in which they become known") {
  std::map<std::uint64_t, std::pair<int, std::uint64_t>> seen;
  std::uint64_t next = 0;
  for (std::uint64_t leaf = 0; leaf < 300; ++leaf) {
    for (int level = 0; (leaf + 1) % (std::uint64_t{1} << static_cast<unsigned>(level)) == 0; ++level) {
      const std::uint64_t n = ((leaf + 1) >> static_cast<unsigned>(level)) - 1;
      CAPTURE(level, n);
      CHECK(stored_hash_index(level, n) == next);
      ++next;
    }
  }
  CHECK(stored_hash_index(62, 0));
  CHECK_FALSE(stored_hash_index(63, 0));
  CHECK_FALSE(stored_hash_index(0, kMaxTreeSize));
  CHECK_FALSE(stored_hash_index(-1, 0));
}

TEST_CASE("tlog: tile paths, there and back") {
  const std::pair<Tile, const char*> rows[] = {
      {{8, 0, 5, 256}, "tile/8/0/005"},
      {{8, 0, 1234067, 256}, "tile/8/0/x001/x234/067"},
      {{8, 1, 1000, 1}, "tile/8/1/x001/000.p/1"},
      {{2, 3, 0, 3}, "tile/2/3/000.p/3"},
      {{30, 0, 999, 7}, "tile/30/0/999.p/7"},
      {{1, 63, 18446744073709551615U, 2}, "tile/1/63/x018/x446/x744/x073/x709/x551/615"},
  };
  for (const auto& [tile, path] : rows) {
    CHECK(tile_path(tile) == path);
    CHECK(parse_tile_path(path) == tile);
  }
}

TEST_CASE("tlog: paths that lead to no tile") {
  for (const char* path : {"",
                           "tile",
                           "tile/8/0/",
                           "tile/8/0/5",
                           "tile/8/0/0005",
                           "tile/8/0/x005",
                           "tile/8/0/x000/005",
                           "tile/8/0/001/005",
                           "tile/8/0/x001/x005",
                           "tile/8/0/005.p/0",
                           "tile/8/0/005.p/256",
                           "tile/8/0/005.p/01",
                           "tile/8/0/005.p/",
                           "tile/8/0/005.p/+1",
                           "tile/0/0/005",
                           "tile/31/0/005",
                           "tile/08/0/005",
                           "tile/8/64/005",
                           "tile/8/-1/005",
                           "tile/8/data/005",
                           "/tile/8/0/005",
                           "tile/8/0/005/",
                           "tile/8/0/005.p/1/2",
                           "tile/8/0/x018/x446/x744/x073/x709/x551/616"}) {
    CAPTURE(path);
    CHECK_FALSE(parse_tile_path(path));
  }
}

TEST_CASE("tlog: the text of a tree head, there and back") {
  const SumTree empty;
  CHECK(parse_tree_text(head_text("0", kRoot)) == empty.head(0));
  const auto head = parse_tree_text(head_text("59045944", kRoot) + "more\nlines");
  REQUIRE(head);
  CHECK(head->size == 59045944);
  CHECK(tree_text(*head) == head_text("59045944", kRoot));
  CHECK(shown(*head) == "59045944 " + kRoot);
  CHECK(parse_tree_text(head_text("4611686018427387904", kRoot)));
}

TEST_CASE("tlog: texts that are no tree head") {
  for (const std::string& text :
       {std::string(), std::string("go.sum database tree\n"), head_text("", kRoot), head_text("007", kRoot),
        head_text("-1", kRoot), head_text("+1", kRoot), head_text(" 1", kRoot), head_text("1\r", kRoot),
        head_text("0x1", kRoot), head_text("4611686018427387905", kRoot), head_text("18446744073709551616", kRoot),
        head_text("1", "AAAA"), head_text("1", ""), head_text("1", kRoot + "=="), "go.sum database forest\n1\n" + kRoot,
        "go.sum database tree\n1\n" + kRoot, "\n" + head_text("1", kRoot)}) {
    CAPTURE(text);
    CHECK_FALSE(parse_tree_text(text));
  }
}
