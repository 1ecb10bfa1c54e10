// What this binary is, for --version, the page and mirrorwarden_build_info.
#pragma once

#include <string>

namespace mw {

struct BuildInfo {
  std::string version;
  std::string revision;  ///< of the source, "unknown" when built outside a checkout
  std::string compiler;
};

BuildInfo build_info();

}  // namespace mw
