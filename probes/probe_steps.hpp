// What the probers have in common: finding the target's address, the log, the deadline.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "probes/modules.hpp"

namespace mw {

/// A name or address, and a port if one was given.
struct HostPort {
  std::string host;  ///< without brackets
  std::optional<std::uint16_t> port;
};

/// "host:port", "[v6]:port", "host", "v6". Nothing when it is none of these.
std::optional<HostPort> split_host_port(std::string_view text);

/// Of a name's addresses the one to look at; nothing when the family is missing and may not be replaced. Pure.
std::optional<Address> chosen(const std::vector<Address>& addresses, const IpChoice&);

/// One run of a prober: what it is aimed at, and what it has learned so far. Lives in the prober's own frame.
struct ProbeRun {
  Net& net;
  ProbeTarget target;
  Probed probed = {};

  const Module& module() const { return *target.module; }
  /// Until the deadline; zero when there is nothing left.
  Duration left() const;
  /// A line for people, with the seconds since the start in front.
  void note(std::string_view line);
  /// Ends in failure, and notes why; the first one counts.
  void fail(Failure);
  /// Ends because of the policy. `at_once`: nothing has been connected to.
  void refuse(std::string why, bool at_once);
};

/// Where to go on: an address, or nothing, and then the run's failure says why.
struct Found {
  std::optional<Address> address;
  Duration took{};
};

/// Resolves, chooses, asks the policy. `first`: of the target itself, not of a redirect.
Task<Found> find_address(ProbeRun&, std::string host, IpChoice, bool first);

}  // namespace mw
