// Pages: only the first 1024 bytes matter.
#include "probes/formats/html.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  must(looks_like_html(text) == looks_like_html(text.substr(0, 1024)));
  return 0;
}
