// RFC 6962 hashing, and where the hashes are kept and served.
#include "probes/formats/tlog.hpp"

#include <algorithm>

#include "probes/digest.hpp"
#include "probes/formats/base64.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::string_view kTreeTitle = "go.sum database tree";

std::string_view octets(const TreeHash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

/// A number as it would be printed: no sign, no leading zeros.
std::optional<std::uint64_t> exact_decimal(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return parse_decimal(text);
}

std::optional<TreeHash> parse_hash(std::string_view text) {
  const auto bytes = from_base64(text);
  TreeHash hash{};
  if (!bytes || bytes->size() != hash.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), hash.begin());
  return hash;
}

/// Cuts off the first line with its line end; nothing when it has none.
std::optional<std::string_view> whole_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

/// In groups of three digits, all but the last with an x in front.
std::string grouped(std::uint64_t number) {
  std::string text;
  for (bool last = true; last || number > 0; number /= 1000, last = false) {
    const std::string digits = std::to_string(1000 + number % 1000).substr(1);
    text = text.empty() ? digits : "x" + digits + "/" + text;
  }
  return text;
}

std::string_view take_part(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('/'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

/// Without its groups of three. What is no number comes out as something that is no number.
std::string ungrouped(std::string_view path) {
  std::string digits;
  while (!path.empty()) {
    std::string_view part = take_part(path);
    if (part.starts_with('x')) part.remove_prefix(1);
    digits += part;
  }
  return digits;
}

bool is_possible(const Tile& tile) {
  return tile.height >= 1 && tile.height <= kMaxTileHeight && tile.level >= 0 && tile.level < 64 && tile.width >= 1 &&
         tile.width <= full_width(tile.height);
}

std::optional<std::uint64_t> small_number(std::string_view text) {
  const auto number = parse_decimal(text);
  return number && *number < 64 ? number : std::nullopt;
}

}  // namespace

TreeHash hash_record(std::string_view record) {
  Sha256 digest;
  digest.update(std::string_view("\0", 1));
  digest.update(record);
  return digest.bytes();
}

TreeHash hash_node(const TreeHash& left, const TreeHash& right) {
  Sha256 digest;
  digest.update("\1");
  digest.update(octets(left));
  digest.update(octets(right));
  return digest.bytes();
}

TreeHash hash_empty_tree() { return Sha256().bytes(); }

std::string to_base64(const TreeHash& hash) { return base64(octets(hash)); }

std::optional<std::uint64_t> stored_hash_index(int level, std::uint64_t n) {
  // The last leaf below it is written first of all the hashes that it completes.
  if (level < 0 || level > 62 || n >= (kMaxTreeSize >> static_cast<unsigned>(level))) return std::nullopt;
  std::uint64_t index = static_cast<std::uint64_t>(level);
  for (std::uint64_t leaf = ((n + 1) << static_cast<unsigned>(level)) - 1; leaf > 0; leaf >>= 1U) index += leaf;
  return index;
}

std::string shown(const TreeHead& head) { return std::to_string(head.size) + " " + to_base64(head.root); }

std::optional<TreeHead> parse_tree_text(std::string_view text) {
  const auto title = whole_line(text);
  const auto size = whole_line(text);
  const auto root = whole_line(text);
  if (!title || !size || !root || *title != kTreeTitle) return std::nullopt;
  const auto number = exact_decimal(*size);
  const auto hash = parse_hash(*root);
  if (!number || *number > kMaxTreeSize || !hash) return std::nullopt;
  return TreeHead{*number, *hash};
}

std::string tree_text(const TreeHead& head) {
  return std::string(kTreeTitle) + "\n" + std::to_string(head.size) + "\n" + to_base64(head.root) + "\n";
}

std::uint64_t full_width(int height) { return std::uint64_t{1} << static_cast<unsigned>(height); }

Tile filled(Tile tile) {
  tile.width = full_width(tile.height);
  return tile;
}

bool is_full(const Tile& tile) { return tile.width == full_width(tile.height); }

std::string tile_path(const Tile& tile) {
  const std::string path =
      "tile/" + std::to_string(tile.height) + "/" + std::to_string(tile.level) + "/" + grouped(tile.number);
  return is_full(tile) ? path : path + ".p/" + std::to_string(tile.width);
}

std::optional<Tile> parse_tile_path(std::string_view path) {
  std::string_view rest = path;
  if (take_part(rest) != "tile") return std::nullopt;
  const auto height = small_number(take_part(rest));
  const auto level = small_number(take_part(rest));
  const std::size_t partial = rest.find(".p/");
  const auto number = parse_decimal(ungrouped(rest.substr(0, partial)));
  if (!height || !level || !number) return std::nullopt;
  Tile tile{static_cast<int>(*height), static_cast<int>(*level), *number, 0};
  const auto width = partial == std::string_view::npos ? std::optional(full_width(tile.height))
                                                       : parse_decimal(rest.substr(partial + 3));
  tile.width = width.value_or(0);
  // Printing it again refuses leading zeros, wrong grouping and a full tile in the clothes of a partial one.
  return is_possible(tile) && tile_path(tile) == path ? std::optional(tile) : std::nullopt;
}

}  // namespace mw
