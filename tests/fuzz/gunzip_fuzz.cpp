// Unpacking by gunzip: the caps hold.
#include "probes/formats/inflate.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  constexpr std::size_t kLimit = 4 * 1024 * 1024;
  const auto result = gunzip(text, kLimit);
  if (const auto* out = std::get_if<std::string>(&result)) {
    must(out->size() <= kLimit);
    must(out->size() <= kRatioFreeBytes || out->size() / kMaxRatio <= size);
  }
  return 0;
}
