// Release files: what is read keeps its promises.
#include "probes/formats/release.hpp"
#include "probes/formats/text.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  const auto parsed = parse_release(text);
  if (const auto* error = std::get_if<std::string>(&parsed)) {
    must(!error->empty());
    return 0;
  }
  const auto& release = std::get<Release>(parsed);
  must(release.files.size() <= kMaxListedFiles);
  for (const auto& [path, file] : release.files) must(!path.empty() && is_sha256(file.sha256));
  return 0;
}
