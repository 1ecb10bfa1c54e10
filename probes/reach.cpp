// Resolving a mirror's host for the checks that look at each address.
#include "probes/reach.hpp"

#include "probes/follow.hpp"

namespace mw {

namespace {

Reachable permitted(const Target& target, Answer answer) {
  Reachable reachable;
  reachable.failure = std::move(answer.failure);
  reachable.dns = answer.took;
  const std::string& host = target.mirror->url.host;
  for (const Address& address : answer.addresses)
    if (target.policy->allows(host, address)) reachable.addresses.push_back(address);
  if (!reachable.failure && reachable.addresses.empty())
    reachable.failure = Failure{Layer::connect, Reason::address_blocked, host + " has no address we may connect to"};
  return reachable;
}

}  // namespace

Task<Reachable> reach(Net& net, Target target) {
  Question question{target.mirror->url.host, target.pool->resolvers, time_left(net, target)};
  Answer answer = co_await net.resolve(std::move(question));
  co_return permitted(target, std::move(answer));
}

}  // namespace mw
