// Names of what can go wrong when unpacking.
#include "probes/formats/inflate.hpp"

#include <array>

namespace mw {

std::string_view name(InflateTrouble trouble) {
  constexpr std::array<std::string_view, 5> kNames = {"corrupt", "truncated", "followed by other bytes",
                                                      "a decompression bomb", "too large"};
  return kNames.at(static_cast<std::size_t>(trouble));
}

}  // namespace mw
