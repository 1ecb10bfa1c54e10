// Names of what can go wrong when unpacking; unpacking into memory.
#include "probes/formats/inflate.hpp"

#include <array>

namespace mw {

namespace {

using Unpack = std::optional<InflateTrouble> (*)(std::string_view, std::size_t, const UnpackedSink&);

std::variant<std::string, InflateTrouble> whole(Unpack unpack, std::string_view packed, std::size_t output_limit) {
  std::string text;
  const UnpackedSink sink = [&text](std::string_view bytes) { text.append(bytes); };
  if (const auto trouble = unpack(packed, output_limit, sink)) return *trouble;
  return text;
}

}  // namespace

std::string_view name(InflateTrouble trouble) {
  constexpr std::array<std::string_view, 5> kNames = {"corrupt", "truncated", "followed by other bytes",
                                                      "a decompression bomb", "too large"};
  return kNames.at(static_cast<std::size_t>(trouble));
}

std::variant<std::string, InflateTrouble> gunzip(std::string_view packed, std::size_t output_limit) {
  return whole(&gunzip_into, packed, output_limit);
}

std::variant<std::string, InflateTrouble> unxz(std::string_view packed, std::size_t output_limit) {
  return whole(&unxz_into, packed, output_limit);
}

}  // namespace mw
