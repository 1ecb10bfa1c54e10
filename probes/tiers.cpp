// Up the chain while it is behind.
#include "probes/tiers.hpp"

#include <set>

namespace mw {

std::string to_blame(const std::map<std::string, Tier>& tiers, const std::string& mirror) {
  std::set<std::string> visited{mirror};
  std::string highest;
  for (auto at = tiers.find(mirror); at != tiers.end();) {
    at = tiers.find(at->second.parent);
    if (at == tiers.end() || !at->second.behind || !visited.insert(at->first).second) break;
    highest = at->first;
  }
  return highest;
}

}  // namespace mw
