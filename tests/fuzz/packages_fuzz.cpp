// Packages indexes: no path comes out that could leave the archive.
#include "probes/formats/packages.hpp"
#include "probes/formats/text.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  PackageScanner scanner({"hello"});
  PackageScanner halves({"hello"});
  scanner.take(text);
  scanner.end();
  halves.take(text.substr(0, size / 2));
  halves.take(text.substr(size / 2));
  halves.end();
  const PackageEntry found = scanner.found("hello");
  must(found == halves.found("hello") && scanner.packages() == halves.packages());
  if (const auto* file = std::get_if<PackageFile>(&found)) {
    must(is_plain_path(file->path) && is_sha256(file->sha256));
    must(file->path.find("..") == std::string::npos || file->path.find("/../") == std::string::npos);
    must(!encode_path(file->path).empty());
  }
  if (is_plain_path(text)) must(encode_path(text).find_first_of(" \r\n?#\\") == std::string::npos);
  return 0;
}
