// Mirrors that copy from mirrors: who is to blame when several in a chain are behind. Pure.
#pragma once

#include <map>
#include <string>

namespace mw {

/// By name: the mirror it copies from (empty = the upstream) and whether it is behind.
struct Tier {
  std::string parent;
  bool behind = false;
};

/// The mirror highest up the unbroken chain of parents that are behind; empty when that is `mirror` itself. A loop
/// of parents (the configuration refuses them) ends where it began.
std::string to_blame(const std::map<std::string, Tier>&, const std::string& mirror);

}  // namespace mw
