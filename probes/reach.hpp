// Every address behind a mirror's name: resolve once, check the policy, then look at each side by side.
#pragma once

#include <functional>

#include "probes/net.hpp"
#include "probes/target.hpp"

namespace mw {

struct Reachable {
  std::optional<Failure> failure;  ///< of resolving, or the policy's
  std::vector<Address> addresses;
  std::optional<Duration> dns;
};

/// Where the mirror's own host may be connected to.
Task<Reachable> reach(Net&, Target);

}  // namespace mw
