// What one run of a check is aimed at, and where it may connect. Cheap to copy: coroutines take it by value.
#pragma once

#include <map>
#include <memory>
#include <optional>
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

/// By key; keys are the ecosystem's own.
using Remembered = std::shared_ptr<const std::map<std::string, std::string>>;

/// Never null.
inline Remembered nothing_remembered() { return std::make_shared<const std::map<std::string, std::string>>(); }

class Validators;

struct Target {
  std::shared_ptr<const Pool> pool;
  std::shared_ptr<const Mirror> mirror;
  std::shared_ptr<const AddressPolicy> policy;
  std::string user_agent;
  SteadyTime deadline{};    ///< for everything this run does together
  std::uint64_t round = 0;  ///< counts intervals since the epoch: the same for every mirror of the pool
  std::optional<Address> only = std::nullopt;    ///< look at this address of the mirror's own host, not at any
  Remembered remembered = nothing_remembered();  ///< what earlier looks at this mirror asked to remember; never null
  Remembered reference_remembered = nothing_remembered();  ///< the same of the acting reference; never null
  std::shared_ptr<Validators> validators = nullptr;        ///< of this mirror; null: every request is unconditional
};

/// The names of Pool::sample whose turn it is in this round.
std::vector<std::string> sampled(const Pool&, std::uint64_t round);

}  // namespace mw
