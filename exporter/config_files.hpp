// Reading a configuration file of any kind: a regular file, up to 1 MiB.
#pragma once

#include <optional>
#include <string>

namespace mw {

/// Nothing = it cannot be read (why, in `error`, in words that follow the file's name).
std::optional<std::string> read_configuration(const std::string& file, std::string& error);

}  // namespace mw
