// How a configuration error reads.
#include "exporter/config.hpp"

namespace mw {

std::string to_string(const ConfigError& error) {
  std::string out = error.file;
  if (error.line > 0) out += ":" + std::to_string(error.line) + ":" + std::to_string(error.column);
  if (!error.path.empty()) out += ": " + error.path;
  return out + ": " + error.what;
}

}  // namespace mw
