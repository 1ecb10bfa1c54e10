// The only file of the support library that knows where the source tree is.
#include "tests/support/file.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace mw {

std::string source_file(const std::string& path) {
  std::ifstream in(MW_SOURCE_DIR "/" + path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace mw
