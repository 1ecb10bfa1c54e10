// A transparency log as RFC 6962 builds it: hashes, the tiles they are served in, the text of a tree head. Pure.
// Says nothing about who signed what (note.hpp) nor which hash may be believed (tree_proof.hpp).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mw {

using TreeHash = std::array<unsigned char, 32>;

TreeHash hash_record(std::string_view record);
TreeHash hash_node(const TreeHash& left, const TreeHash& right);
TreeHash hash_empty_tree();

std::string to_base64(const TreeHash&);

/// Where a log that keeps all its hashes in one row keeps the n-th of a level (level 0 = records); levels below 64.
/// Nothing when the index would not fit.
std::optional<std::uint64_t> stored_hash_index(int level, std::uint64_t n);

/// No tree that we believe in is larger.
inline constexpr std::uint64_t kMaxTreeSize = std::uint64_t{1} << 62U;

struct TreeHead {
  std::uint64_t size = 0;
  TreeHash root{};
  bool operator==(const TreeHead&) const = default;
};

/// "size root", for people.
std::string shown(const TreeHead&);

/// The signed text of a head. Lines after the third are allowed and mean nothing. Nothing for anything else.
std::optional<TreeHead> parse_tree_text(std::string_view text);
std::string tree_text(const TreeHead&);

/// `width` neighbouring hashes of one level: 2^height when full, less at the right edge of a tree.
struct Tile {
  int height = 8;            ///< 1 to 30
  int level = 0;             ///< counted in tiles: its hashes are of the tree's level `level * height`
  std::uint64_t number = 0;  ///< from the left
  std::uint64_t width = 0;   ///< 1 to 2^height
  auto operator<=>(const Tile&) const = default;
};

inline constexpr int kMaxTileHeight = 30;

/// The number of hashes in a full one.
std::uint64_t full_width(int height);
Tile filled(Tile);
bool is_full(const Tile&);

/// "tile/8/0/x001/067", with ".p/width" when not full.
std::string tile_path(const Tile&);

/// Only what tile_path() writes.
std::optional<Tile> parse_tile_path(std::string_view path);

}  // namespace mw
