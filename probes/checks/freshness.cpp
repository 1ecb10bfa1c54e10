// Freshness at every address behind a name: one machine that was forgotten is seen, and named.
#include "probes/all.hpp"
#include "probes/checks.hpp"
#include "probes/reach.hpp"

namespace mw {

namespace {

/// More are looked at in turn, round by round: each costs the mirror a whole look.
constexpr std::size_t kMostAddresses = 8;

bool has_addresses(const Mirror& mirror) { return !mirror.proxy && !parse_address(mirror.url.host); }

std::vector<Address> whose_turn(const std::vector<Address>& addresses, std::uint64_t round) {
  const std::size_t count = std::min(addresses.size(), kMostAddresses);
  std::vector<Address> turn;
  for (std::size_t i = 0; i < count; ++i) turn.push_back(addresses[(round * count + i) % addresses.size()]);
  return turn;
}

Task<std::vector<Finding>> look_at_each(Net& net, Target target, std::vector<Address> addresses) {
  const auto look = find_ecosystem(target.pool->ecosystem)->freshness;
  std::vector<Task<Finding>> looks;
  for (const Address& address : addresses) {
    target.only = address;
    looks.push_back(look(net, target));
  }
  Task<std::vector<Finding>> gathered = all(std::move(looks));
  co_return co_await std::move(gathered);
}

}  // namespace

Finding combine_looks(const std::vector<Address>& addresses, std::vector<Finding> findings) {
  std::vector<AddressLook> looks;
  std::size_t best = findings.size();
  Traffic traffic;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const Finding& each = findings[i];
    looks.push_back({addresses[i], each.failure, each.timings, each.version, each.feeds});
    if (best == findings.size() && (each.version || !each.feeds.empty())) best = i;
    traffic += each.traffic;
  }
  Finding finding = std::move(findings[best == findings.size() ? 0 : best]);
  finding.traffic = traffic;
  // One address speaks for a name with one; its failure needs no "one of".
  if (looks.size() > 1) finding.failure = combine(looks);
  finding.addresses = std::move(looks);
  return finding;
}

Task<Finding> look_freshness(Net& net, Target target) {
  if (!has_addresses(*target.mirror)) co_return co_await find_ecosystem(target.pool->ecosystem)->freshness(net, target);
  const Reachable reachable = co_await reach(net, target);
  Finding finding;
  if (reachable.failure) {
    finding.failure = reachable.failure;
    finding.timings.dns = reachable.dns;
    co_return finding;
  }
  const std::vector<Address> addresses = whose_turn(reachable.addresses, target.round);
  std::vector<Finding> findings = co_await look_at_each(net, target, addresses);
  finding = combine_looks(addresses, std::move(findings));
  finding.timings.dns = reachable.dns;
  co_return finding;
}

}  // namespace mw
