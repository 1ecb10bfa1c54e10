// Reads a file of the source tree into a test.
#pragma once

#include <string>

namespace mw {

/// `path` is relative to the source directory. Throws when there is no such file: a test must not pass without it.
std::string source_file(const std::string& path);

}  // namespace mw
