// A module's zip as a Go proxy serves it: refused for what the go command refuses, hashed as go.sum hashes it.
// Pure but for reading its file; nothing is extracted. Peak memory is below 64 MiB whatever the archive says.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <variant>

#include "probes/formats/module_path.hpp"
#include "probes/formats/zip_directory.hpp"

namespace mw {

inline constexpr std::uint64_t kMaxModuleZip = 500ULL * 1024 * 1024;      ///< packed, and unpacked
inline constexpr std::uint64_t kMaxModuleDocument = 16ULL * 1024 * 1024;  ///< go.mod, LICENSE

struct ModuleZip {
  std::string h1;             ///< with its "h1:" in front
  std::string go_mod_sha256;  ///< of the go.mod in it, in hex; empty when it has none
  std::size_t files = 0;
  std::uint64_t unpacked = 0;
};

std::variant<ModuleZip, ZipFault> read_module_zip(std::FILE* file, const ModuleVersion&);

}  // namespace mw
