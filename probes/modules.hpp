// The four probers of /probe: a target and a module in, what was learned out. Each is one file in modules/.
#pragma once

#include "probes/module.hpp"
#include "probes/net.hpp"
#include "probes/probe_policy.hpp"
#include "probes/probed.hpp"

namespace mw {

/// Cheap to copy: coroutines take it by value. No pointer is null.
struct ProbeTarget {
  std::shared_ptr<const Module> module;
  std::shared_ptr<const ProbePolicy> policy;
  std::string target;    ///< as it was asked for: a URL, a host, host:port
  std::string hostname;  ///< to be called by, in Host and SNI, whatever the target's name; empty = by its own
  std::string user_agent;
  SteadyTime started{};
  SteadyTime deadline{};
};

Task<Probed> probe_http(Net&, ProbeTarget);
Task<Probed> probe_tcp(Net&, ProbeTarget);
Task<Probed> probe_dns(Net&, ProbeTarget);
Task<Probed> probe_icmp(Net&, ProbeTarget);

/// The module's prober; `started` and `took` are set here, and failure is logged.
Task<Probed> probe(Net&, ProbeTarget);

}  // namespace mw
