// Finding an ecosystem by name.
#include "probes/ecosystem.hpp"

namespace mw {

const Ecosystem* find_ecosystem(std::string_view name) {
  for (const Ecosystem* ecosystem : ecosystems())
    if (ecosystem->name == name) return ecosystem;
  return nullptr;
}

}  // namespace mw
