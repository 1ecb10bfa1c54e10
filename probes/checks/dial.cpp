// The tcp and tls checks: a connection, and a handshake, with every address behind the name.
#include "probes/all.hpp"
#include "probes/checks.hpp"
#include "probes/follow.hpp"
#include "probes/reach.hpp"

namespace mw {

namespace {

struct Dialled {
  AddressLook look;
  std::optional<Certificate> certificate;
};

Task<Dialled> dial_one(Net& net, Target target, Address address, bool tls) {
  Dial dial;
  dial.address = address;
  dial.port = target.mirror->url.port;
  dial.server_name = target.mirror->url.host;
  dial.timeout = time_left(net, target);
  if (tls) dial.tls = target.mirror->tls;
  Link link = co_await net.dial(std::move(dial));
  Dialled dialled;
  dialled.look = {address, std::move(link.failure), link.timings};
  dialled.certificate = std::move(link.certificate);
  co_return dialled;
}

/// The certificate that ends first: with several addresses, the one that will hurt first.
void keep_the_shorter(std::optional<Certificate>& kept, std::optional<Certificate> candidate) {
  if (!candidate) return;
  if (!kept || (candidate->not_after && kept->not_after && *candidate->not_after < *kept->not_after))
    kept = std::move(candidate);
}

Finding summarise(std::vector<Dialled> dialled) {
  Finding finding;
  for (Dialled& each : dialled) {
    finding.addresses.push_back(std::move(each.look));
    keep_the_shorter(finding.certificate, std::move(each.certificate));
  }
  finding.failure = combine(finding.addresses);
  for (const AddressLook& look : finding.addresses) {
    if (look.failure) continue;
    finding.timings = look.timings;
    break;
  }
  return finding;
}

Task<Finding> dial_all(Net& net, Target target, bool tls) {
  Reachable reachable = co_await reach(net, target);
  Finding finding;
  if (reachable.failure) {
    finding.failure = reachable.failure;
  } else {
    std::vector<Task<Dialled>> dials;
    for (const Address& address : reachable.addresses) dials.push_back(dial_one(net, target, address, tls));
    std::vector<Dialled> dialled = co_await all(std::move(dials));
    finding = summarise(std::move(dialled));
  }
  finding.timings.dns = reachable.dns;
  co_return finding;
}

}  // namespace

Task<Finding> look_tcp(Net& net, Target target) { return dial_all(net, std::move(target), false); }
Task<Finding> look_tls(Net& net, Target target) { return dial_all(net, std::move(target), true); }

}  // namespace mw
