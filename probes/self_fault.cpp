// The 70 % rule.
#include "probes/self_fault.hpp"

#include <algorithm>
#include <set>

namespace mw {

namespace {

constexpr std::size_t kFewestMirrors = 3;
constexpr std::size_t kFewestNetworks = 2;

std::string network_of(const std::string& host) {
  const bool literal = parse_address(host).has_value();
  std::size_t cut = literal ? host.find('.') : host.rfind('.');
  if (cut == std::string::npos) return host;
  if (literal) return host.substr(0, host.find('.', cut + 1));
  cut = cut == 0 ? std::string::npos : host.rfind('.', cut - 1);
  return cut == std::string::npos ? host : host.substr(cut + 1);
}

}  // namespace

bool suspects_self_fault(const std::vector<Encounter>& outcomes) {
  std::set<std::string> networks;
  for (const Encounter& outcome : outcomes)
    if (outcome.unreachable) networks.insert(network_of(outcome.host));
  const auto failed = static_cast<std::size_t>(
      std::count_if(outcomes.begin(), outcomes.end(), [](const Encounter& outcome) { return outcome.unreachable; }));
  return outcomes.size() >= kFewestMirrors && networks.size() >= kFewestNetworks && failed * 10 > outcomes.size() * 7;
}

}  // namespace mw
