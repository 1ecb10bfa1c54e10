// Texts of tree heads and paths of tiles: there is one text for one value.
#include "probes/formats/tlog.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  if (const auto head = parse_tree_text(text)) {
    must(head->size <= kMaxTreeSize);
    must(text.starts_with(tree_text(*head)));
  }
  if (const auto tile = parse_tile_path(text)) {
    must(tile->height >= 1 && tile->height <= kMaxTileHeight && tile->level >= 0);
    must(tile->width >= 1 && tile->width <= full_width(tile->height));
    must(tile_path(*tile) == text);
  }
  return 0;
}
