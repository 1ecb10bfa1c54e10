// Finds one package in an apt Packages index, and says whether a path from outside may be asked for. Pure; works on
// views, so its memory does not grow with the index.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace mw {

struct PackageFile {
  std::string path;  ///< relative to the archive root; is_plain_path() holds
  std::uint64_t size = 0;
  std::string sha256;
};

enum class PackageTrouble : std::uint8_t { absent, malformed };

/// The first paragraph whose Package is `name`. The rest of the index is looked at no closer than its line starts.
std::variant<PackageFile, PackageTrouble> find_package(std::string_view index, std::string_view name);

/// Relative, made of non-empty segments other than "." and "..", without a scheme, control characters, spaces,
/// backslashes, queries or fragments; at most 1024 bytes.
bool is_plain_path(std::string_view path);

/// A plain path as it is sent: "%" and other bytes that mean something to servers are percent-encoded.
std::string encode_path(std::string_view path);

}  // namespace mw
