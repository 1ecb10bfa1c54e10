// Telling our own outage from everybody else's. Pure.
#pragma once

#include <string>
#include <vector>

#include "probes/model.hpp"

namespace mw {

/// How one mirror's latest look from the wire went.
struct Encounter {
  std::string host;
  bool unreachable = false;  ///< failed in the dns or connect layer, or by a timeout
};

/// More than 70 % of at least three mirrors on at least two networks cannot be reached. A network is the /16 of a
/// literal address, else the last two labels of the name. (Debian's mirror-status discards a run at the same 70 %.)
bool suspects_self_fault(const std::vector<Encounter>&);

}  // namespace mw
