// Tiles, authenticated from the signed root downwards, and what follows from them.
#include "probes/formats/tree_proof.hpp"

#include <algorithm>
#include <set>

namespace mw {

namespace {

constexpr std::size_t kHashSize = sizeof(TreeHash);

/// Numbers beyond 64 bits are zero, not undefined.
std::uint64_t shifted(std::uint64_t number, int bits) { return bits < 64 ? number >> static_cast<unsigned>(bits) : 0; }

/// How many hashes of the tile at the right edge of this level make up complete subtrees; 0 = no such tile.
std::uint64_t edge_width(std::uint64_t size, int height, int level) {
  return shifted(size, level * height) & (full_width(height) - 1);
}

std::uint64_t edge_number(std::uint64_t size, int height, int level) { return shifted(size, (level + 1) * height); }

/// The tiles whose hashes together are the tree's complete subtrees, topmost first.
std::vector<Tile> edge_tiles(std::uint64_t size, int height) {
  std::vector<Tile> tiles;
  for (int level = 0; shifted(size, level * height) > 0; ++level) {
    const std::uint64_t width = edge_width(size, height, level);
    if (width > 0) tiles.push_back({height, level, edge_number(size, height, level), width});
  }
  std::reverse(tiles.begin(), tiles.end());
  return tiles;
}

using Tiles = std::set<Tile>;

/// A tile and those above it, up to the first at the edge.
void climb(const TreeQuestion& question, Tile tile, Tiles& tiles) {
  const int height = question.tile_height;
  while (tile.number < edge_number(question.head.size, height, tile.level)) {
    tiles.insert(filled(tile));
    ++tile.level;
    tile.number = shifted(tile.number, height);
  }
}

/// The root of the perfect tree over a power of two of entries.
TreeHash fold(std::vector<TreeHash> entries) {
  while (entries.size() > 1) {
    for (std::size_t i = 0; i < entries.size() / 2; ++i) entries[i] = hash_node(entries[2 * i], entries[2 * i + 1]);
    entries.resize(entries.size() / 2);
  }
  return entries.front();
}

/// Adds the first `width` entries, as complete subtrees from right to left, to the hash of all that is right of them.
void fold_edge(std::optional<TreeHash>& right, const std::vector<TreeHash>& entries, std::uint64_t width) {
  for (std::uint64_t bit = 1; width > 0; bit <<= 1U) {
    if ((width & bit) == 0) continue;
    width -= bit;
    const auto begin = entries.begin() + static_cast<std::ptrdiff_t>(width);
    const TreeHash subtree = fold({begin, begin + static_cast<std::ptrdiff_t>(bit)});
    right = right ? hash_node(subtree, *right) : subtree;
  }
}

std::vector<TreeHash> split(std::string_view bytes) {
  std::vector<TreeHash> hashes(bytes.size() / kHashSize);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const std::string_view one = bytes.substr(i * kHashSize, kHashSize);
    std::copy(one.begin(), one.end(), hashes[i].begin());
  }
  return hashes;
}

bool is_askable(const TreeQuestion& question) {
  return question.tile_height >= 1 && question.tile_height <= kMaxTileHeight && question.head.size <= kMaxTreeSize;
}

}  // namespace

std::string_view name(TileTrouble trouble) {
  switch (trouble) {
    case TileTrouble::absent:
      return "absent";
    case TileTrouble::wrong_size:
      return "not of the size of its hashes";
    case TileTrouble::wrong_root:
      return "with the other tiles at the edge does not make the signed root";
    case TileTrouble::forged:
      return "does not hash to what its parent says";
  }
  return "";
}

std::vector<Tile> tiles_needed(const TreeQuestion& question) {
  if (!is_askable(question)) return {};
  Tiles below;
  for (const std::uint64_t record : question.records)
    climb(question, {question.tile_height, 0, shifted(record, question.tile_height), 0}, below);
  for (const std::uint64_t size : question.sizes)
    for (const Tile& edge : edge_tiles(std::min(size, question.head.size), question.tile_height))
      climb(question, edge, below);
  std::vector<Tile> tiles = edge_tiles(question.head.size, question.tile_height);
  // Of equal height, so ordered by level: parents come first from the back.
  tiles.insert(tiles.end(), below.rbegin(), below.rend());
  return tiles;
}

std::vector<Tile> tiles_missing(const TreeQuestion& question, const TileBytes& bytes, std::size_t most) {
  std::vector<Tile> missing;
  for (const Tile& tile : tiles_needed(question))
    if (missing.size() < most && !bytes.contains(tile)) missing.push_back(tile);
  return missing;
}

const AuthenticTree::Hashes* AuthenticTree::tile_at(int level, std::uint64_t number) const {
  const auto found = tiles_.find({level, number});
  return found == tiles_.end() ? nullptr : &found->second;
}

std::optional<TileFault> AuthenticTree::read(const std::vector<Tile>& needed, const TileBytes& bytes) {
  for (const Tile& tile : needed) {
    const auto found = bytes.find(tile);
    if (found == bytes.end()) return TileFault{tile, TileTrouble::absent};
    if (found->second.size() != tile.width * kHashSize) return TileFault{tile, TileTrouble::wrong_size};
    tiles_[{tile.level, tile.number}] = split(found->second);
  }
  return std::nullopt;
}

/// Every tile but those at the edge, which the root vouches for, without exception.
std::optional<TileFault> AuthenticTree::check_against_parents(const std::vector<Tile>& needed) const {
  for (const Tile& tile : needed) {
    if (!is_full(tile)) continue;
    const Hashes* parent = tile_at(tile.level + 1, shifted(tile.number, height_));
    const std::uint64_t entry = tile.number & (full_width(height_) - 1);
    if (parent == nullptr || entry >= parent->size() || fold(*tile_at(tile.level, tile.number)) != (*parent)[entry])
      return TileFault{tile, TileTrouble::forged};
  }
  return std::nullopt;
}

std::variant<AuthenticTree, TileFault> AuthenticTree::authenticate(const TreeQuestion& question,
                                                                   const TileBytes& bytes) {
  const std::vector<Tile> needed = tiles_needed(question);
  const Tile top = needed.empty() ? Tile{} : needed.front();
  if (!is_askable(question)) return TileFault{top, TileTrouble::wrong_root};
  AuthenticTree tree(question.head.size, question.tile_height);
  if (auto fault = tree.read(needed, bytes)) return *fault;
  if (tree.root_at(question.head.size) != question.head.root) return TileFault{top, TileTrouble::wrong_root};
  if (auto fault = tree.check_against_parents(needed)) return *fault;
  return tree;
}

std::optional<TreeHash> AuthenticTree::record_hash(std::uint64_t record) const {
  const Hashes* tile = record < size_ ? tile_at(0, shifted(record, height_)) : nullptr;
  if (tile == nullptr) return std::nullopt;
  return (*tile)[record & (full_width(height_) - 1)];
}

std::optional<TreeHash> AuthenticTree::root_at(std::uint64_t size) const {
  if (size > size_) return std::nullopt;
  if (size == 0) return hash_empty_tree();
  std::optional<TreeHash> root;
  for (int level = 0; shifted(size, level * height_) > 0; ++level) {
    const std::uint64_t width = edge_width(size, height_, level);
    if (width == 0) continue;
    const Hashes* tile = tile_at(level, edge_number(size, height_, level));
    if (tile == nullptr || tile->size() < width) return std::nullopt;
    fold_edge(root, *tile, width);
  }
  return root;
}

}  // namespace mw
