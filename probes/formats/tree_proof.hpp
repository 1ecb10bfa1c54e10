// What a signed tree head proves: that a record is in its tree, that an older tree is its beginning. Pure.
// Every hash that is used comes from a tile that was checked against its parent, up to the signed root.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "probes/formats/tlog.hpp"

namespace mw {

/// What is to be proved from one head.
struct TreeQuestion {
  TreeHead head;
  int tile_height = 8;
  std::vector<std::uint64_t> records;  ///< numbers below head.size
  std::vector<std::uint64_t> sizes;    ///< of older trees, at most head.size
};

/// The tiles that the answer takes, each once, parents before children. Empty for an empty tree.
std::vector<Tile> tiles_needed(const TreeQuestion&);

/// The bytes of tiles, as they were served.
using TileBytes = std::map<Tile, std::string>;

/// One that is not yet there, in the order of tiles_needed; at most `most`.
std::vector<Tile> tiles_missing(const TreeQuestion&, const TileBytes&, std::size_t most);

enum class TileTrouble : std::uint8_t {
  absent,      ///< not among the bytes
  wrong_size,  ///< not 32 bytes for each of its hashes
  wrong_root,  ///< the tiles of the right edge do not make the signed root
  forged       ///< does not hash to what its parent says
};
std::string_view name(TileTrouble);

struct TileFault {
  Tile tile;  ///< for wrong_root the uppermost
  TileTrouble trouble;
};

/// Hashes that hang together up to a signed root.
class AuthenticTree {
 public:
  /// Checks every tile that the question needs; one that is wrong spoils all.
  static std::variant<AuthenticTree, TileFault> authenticate(const TreeQuestion&, const TileBytes&);

  /// Of a record or an older tree that was in the question; nothing for any other.
  std::optional<TreeHash> record_hash(std::uint64_t record) const;
  std::optional<TreeHash> root_at(std::uint64_t size) const;

 private:
  using Hashes = std::vector<TreeHash>;
  AuthenticTree(std::uint64_t size, int height) : size_(size), height_(height) {}

  std::optional<TileFault> read(const std::vector<Tile>&, const TileBytes&);
  std::optional<TileFault> check_against_parents(const std::vector<Tile>&) const;
  const Hashes* tile_at(int level, std::uint64_t number) const;

  std::uint64_t size_;
  int height_;
  std::map<std::pair<int, std::uint64_t>, Hashes> tiles_;  ///< by level and number
};

}  // namespace mw
