// Steps: the pure ones, and the one that resolves.
#include "probes/probe_steps.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "probes/formats/text.hpp"

namespace mw {

namespace {

std::optional<std::uint16_t> port_of(std::string_view text) {
  const auto number = parse_decimal(text);
  if (!number || *number == 0 || *number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

std::string plain_why(const Failure& failure) {
  return std::string(name(failure.layer)) + "/" + std::string(name(failure.reason)) + ": " + printable(failure.detail);
}

}  // namespace

std::optional<HostPort> split_host_port(std::string_view text) {
  if (parse_address(text)) return HostPort{std::string(text), std::nullopt};
  const bool bracketed = text.starts_with('[');
  const std::size_t end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && end == std::string_view::npos) return std::nullopt;
  const std::string_view host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
  if (host.empty() || (bracketed && !parse_address(host))) return std::nullopt;
  const std::string_view rest = end == std::string_view::npos ? "" : text.substr(bracketed ? end + 1 : end);
  if (rest.empty()) return HostPort{std::string(host), std::nullopt};
  const auto port = rest.starts_with(':') ? port_of(rest.substr(1)) : std::nullopt;
  if (!port) return std::nullopt;
  return HostPort{std::string(host), port};
}

std::optional<Address> chosen(const std::vector<Address>& addresses, const IpChoice& ip) {
  const auto of_family = [&](bool v6) {
    return std::find_if(addresses.begin(), addresses.end(), [&](const Address& each) { return each.v6 == v6; });
  };
  auto found = of_family(ip.prefer_v6);
  if (found == addresses.end() && ip.fallback) found = of_family(!ip.prefer_v6);
  return found == addresses.end() ? std::nullopt : std::optional(*found);
}

Duration ProbeRun::left() const { return std::max(target.deadline - net.now(), Duration::zero()); }

void ProbeRun::note(std::string_view line) {
  std::array<char, 32> since{};
  const double seconds = std::chrono::duration<double>(net.now() - target.started).count();
  const int length = std::snprintf(since.data(), since.size(), "%9.6f ", seconds);
  probed.log.append(since.data(), static_cast<std::size_t>(length)).append(line).append("\n");
}

void ProbeRun::fail(Failure failure) {
  note(plain_why(failure));
  probed.success = false;
  if (!probed.failure) probed.failure = std::move(failure);
}

void ProbeRun::refuse(std::string why, bool at_once) {
  probed.refused = true;
  probed.refused_at_once = at_once;
  const Layer layer = at_once ? Layer::connect : Layer::http;
  const Reason reason = at_once ? Reason::address_blocked : Reason::redirect_blocked;
  fail({layer, reason, std::move(why)});
}

namespace {

/// The address, if there is one and the policy allows it; else nothing, and the run has failed.
std::optional<Address> permitted(ProbeRun& run, const std::string& host, std::optional<Address> address, bool first) {
  if (!address) {
    run.fail({Layer::dns, Reason::no_data, host + " has no address of the wanted family"});
    return std::nullopt;
  }
  if (const auto why = run.target.policy->refuses(host, *address)) {
    run.refuse(*why, first);
    return std::nullopt;
  }
  run.note(host + " is at " + to_string(*address));
  return address;
}

}  // namespace

Task<Found> find_address(ProbeRun& run, std::string host, IpChoice ip, bool first) {
  Found found;
  if (const auto why = run.target.policy->refuses_host(host)) {
    run.refuse(*why, first);
    co_return found;
  }
  Question question{host, {}, run.left()};
  const SteadyTime asked = run.net.now();
  const Answer answer = co_await run.net.resolve(std::move(question));
  found.took = std::max(answer.took, run.net.now() - asked);
  if (answer.failure)
    run.fail(*answer.failure);
  else
    found.address = permitted(run, host, chosen(answer.addresses, ip), first);
  if (first) run.probed.lookup = ProbeLookup{found.took, found.address};
  co_return found;
}

Task<Probed> probe(Net& net, ProbeTarget target) {
  target.started = net.now();
  Probed probed;
  switch (target.module->prober) {
    case Prober::http:
      probed = co_await probe_http(net, target);
      break;
    case Prober::tcp:
      probed = co_await probe_tcp(net, target);
      break;
    case Prober::dns:
      probed = co_await probe_dns(net, target);
      break;
    case Prober::icmp:
      probed = co_await probe_icmp(net, target);
      break;
  }
  probed.took = net.now() - target.started;
  co_return probed;
}

}  // namespace mw
