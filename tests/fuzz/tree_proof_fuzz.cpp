// Proofs from tiles: whatever is changed in the tiles of a good proof, it is either refused or still says the truth.
#include "probes/formats/tree_proof.hpp"
#include "tests/fuzz/fuzzing.hpp"
#include "tests/support/sum_tree.hpp"

using namespace mw;

namespace {

constexpr std::uint64_t kRecords = 61;

const SumTree& tree() {
  static const SumTree one = [] {
    SumTree grown;
    grown.grow(kRecords);
    return grown;
  }();
  return one;
}

/// Cuts numbers off the input; zeros when there is no more.
struct Source {
  std::string_view bytes;
  std::uint64_t next(std::uint64_t below) {
    if (bytes.empty()) return 0;
    const auto value = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    return value % below;
  }
};

void spoil(TileBytes& tiles, Source& source) {
  auto tile = tiles.begin();
  std::advance(tile, static_cast<std::ptrdiff_t>(source.next(tiles.size())));
  const std::uint64_t how = source.next(8);
  if (how == 0 && !tile->second.empty()) tile->second.pop_back();
  if (how == 1) tile->second.resize(tile->second.size() + 32);
  if (how < 2 || tile->second.empty()) return;
  const std::size_t at = source.next(tile->second.size());
  tile->second[at] = static_cast<char>(static_cast<std::uint64_t>(tile->second[at]) ^ source.next(256));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Source source{as_text(data, size)};
  const std::uint64_t tree_size = 1 + source.next(kRecords);
  const int height = 1 + static_cast<int>(source.next(4));
  const std::uint64_t record = source.next(tree_size);
  const std::uint64_t old = source.next(tree_size + 1);
  const TreeQuestion question{tree().head(tree_size), height, {record}, {old}};
  const auto pages = tree().tiles(tree_size, height);
  TileBytes tiles;
  for (const Tile& tile : tiles_needed(question)) tiles[tile] = pages.at(tile_path(tile));
  const TileBytes good = tiles;
  while (!source.bytes.empty()) spoil(tiles, source);
  const auto result = AuthenticTree::authenticate(question, tiles);
  const auto* authentic = std::get_if<AuthenticTree>(&result);
  must((authentic != nullptr) == (tiles == good));
  if (authentic == nullptr) return 0;
  must(authentic->record_hash(record) == hash_record(tree().record(record)));
  must(authentic->root_at(old) == tree().head(old).root);
  return 0;
}
