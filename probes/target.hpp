// What one run of a check is aimed at, and where it may connect. Cheap to copy: coroutines take it by value.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "probes/model.hpp"

namespace mw {

/// Where we may connect (design: the door). A host named in the configuration may be anywhere; any other host
/// only at a public address. Asked for each resolved address, on every hop.
struct AddressPolicy {
  std::set<std::string> configured_hosts;
  bool allows(const std::string& host, const Address& address) const {
    return configured_hosts.contains(host) || !is_special(address);
  }
};

struct Target {
  std::shared_ptr<const Pool> pool;
  std::shared_ptr<const Mirror> mirror;
  std::shared_ptr<const AddressPolicy> policy;
  std::string user_agent;
  SteadyTime deadline{};  ///< for everything this run does together
};

}  // namespace mw
