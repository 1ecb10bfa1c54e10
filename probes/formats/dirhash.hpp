// The "h1:" hashes of go.sum: over the names and contents of a module's files, in no format's order. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw {

struct FileDigest {
  std::string_view name;
  std::string sha256;  ///< of the content, 64 lower-case hex digits
};

/// Nothing when a name holds a line feed: two sets of files could then share one hash. The order does not matter.
std::optional<std::string> dirhash(std::vector<FileDigest> files);

/// What go.sum says of a go.mod file ("module version/go.mod h1:…").
std::string go_mod_hash(std::string_view go_mod);

}  // namespace mw
