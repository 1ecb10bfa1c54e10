// Where /probe may look, and where a redirect may take it. Pure: names, addresses and rules in, a decision out.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "probes/address.hpp"

namespace mw {

/// Addresses that begin with the same bits.
struct Network {
  Address address;
  unsigned bits = 0;
  bool operator==(const Network&) const = default;
};

/// "10.0.0.0/8", "2001:db8::/32", or an address alone.
std::optional<Network> parse_network(std::string_view text);

/// `address` as it is in the end: the v4 address inside v4-mapped, NAT64 and 6to4 forms.
Address unwrapped(const Address& address);

/// A host of the configuration may be anywhere, also in a private network; one that only matches a glob must have a
/// public address; any name may be at an address of a listed network. All else is refused.
class ProbePolicy {
 public:
  ProbePolicy() = default;
  /// `allow`: hosts, globs such as "*.example.org" or "*", networks. Case does not count.
  ProbePolicy(std::set<std::string> configured_hosts, const std::vector<std::string>& allow);

  /// Why nothing at this name or address may be looked at; asked before it is resolved. Nothing when the addresses
  /// decide.
  std::optional<std::string> refuses_host(std::string_view host) const;
  /// Why it may not be connected to there; asked of every address, on every hop.
  std::optional<std::string> refuses(std::string_view host, const Address& address) const;
  /// The same where somebody else resolves the name: a network cannot vouch for it then.
  std::optional<std::string> refuses_unseen(std::string_view host) const;

 private:
  bool names(std::string_view host) const;
  bool matches_glob(std::string_view host) const;
  bool lists(const Address& address) const;

  std::set<std::string> hosts_;
  std::vector<std::string> globs_;
  std::vector<Network> networks_;
};

/// What is wrong with an entry of `allow`; nothing when it is a host, a glob or a network.
std::optional<std::string> allow_trouble(std::string_view entry);

}  // namespace mw
