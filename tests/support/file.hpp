// Reads a file of the source tree into a test.
#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace mw {

/// `path` is relative to the source directory. Throws when there is no such file: a test must not pass without it.
inline std::string source_file(const std::string& path) {
  std::ifstream in(MW_SOURCE_DIR "/" + path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace mw
