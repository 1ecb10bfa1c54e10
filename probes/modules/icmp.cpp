// The icmp prober: one echo.
#include "probes/probe_steps.hpp"
#include "probes/talk.hpp"

namespace mw {

Task<Probed> probe_icmp(Net& net, ProbeTarget target) {
  const IcmpModule& icmp = target.module->icmp;
  ProbeRun run{net, target};
  Probed& probed = run.probed;
  probed.icmp.emplace();
  const auto where = split_host_port(target.target);
  if (!where || where->port) {
    run.fail({Layer::connect, Reason::malformed, "the target is not a name or an address alone"});
    co_return std::move(run.probed);
  }
  const Found found = co_await find_address(run, where->host, icmp.ip, true);
  probed.icmp->resolve = found.took;
  if (!found.address) co_return std::move(run.probed);
  Ping ping;
  ping.address = *found.address;
  ping.source = icmp.source;
  ping.payload_size = icmp.payload_size;
  ping.dont_fragment = icmp.dont_fragment;
  ping.ttl = icmp.ttl;
  ping.timeout = run.left();
  const Echo echo = co_await net.ping(ping);
  probed.icmp->setup = echo.setup;
  probed.icmp->rtt = echo.rtt;
  probed.icmp->hop_limit = echo.hop_limit;
  if (echo.failure)
    run.fail(*echo.failure);
  else
    probed.success = true;
  co_return std::move(run.probed);
}

}  // namespace mw
