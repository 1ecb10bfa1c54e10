// One line per file, sorted by name, hashed.
#include "probes/formats/dirhash.hpp"

#include <algorithm>

#include "probes/digest.hpp"
#include "probes/formats/base64.hpp"

namespace mw {

std::optional<std::string> dirhash(std::vector<FileDigest> files) {
  std::sort(files.begin(), files.end(), [](const FileDigest& a, const FileDigest& b) { return a.name < b.name; });
  Sha256 summary;
  for (const FileDigest& one : files) {
    if (one.name.find('\n') != std::string_view::npos) return std::nullopt;
    summary.update(one.sha256);
    summary.update("  ");
    summary.update(one.name);
    summary.update("\n");
  }
  const auto bytes = summary.bytes();
  return "h1:" + base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string go_mod_hash(std::string_view go_mod) {
  std::vector<FileDigest> files = {{"go.mod", sha256_hex(go_mod)}};
  return *dirhash(std::move(files));
}

}  // namespace mw
