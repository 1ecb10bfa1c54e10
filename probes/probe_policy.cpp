// The rules, most particular first.
#include "probes/probe_policy.hpp"

#include <algorithm>

#include "probes/formats/text.hpp"

namespace mw {

namespace {

/// Lower case, without the dot of the root and without an address's brackets.
std::string canonical(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.ends_with('.')) host.remove_suffix(1);
  return lower(host);
}

bool contains(const Network& network, const Address& address) {
  if (network.address.v6 != address.v6) return false;
  for (unsigned bit = 0; bit < network.bits; ++bit) {
    const unsigned differ = network.address.bytes.at(bit / 8) ^ address.bytes.at(bit / 8);
    if (((differ >> (7 - bit % 8)) & 1U) != 0) return false;
  }
  return true;
}

bool is_v4_mapped(const Address& address) {
  const auto& bytes = address.bytes;
  return address.v6 && std::all_of(bytes.begin(), bytes.begin() + 10, [](auto byte) { return byte == 0; }) &&
         bytes[10] == 0xFF && bytes[11] == 0xFF;
}

bool begins_with(const Address& address, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.bytes.begin());
}

Address v4_at(const Address& address, std::size_t offset) {
  Address inner;
  std::copy_n(address.bytes.begin() + static_cast<std::ptrdiff_t>(offset), 4, inner.bytes.begin());
  return inner;
}

bool is_glob(std::string_view entry) { return entry == "*" || entry.starts_with("*."); }

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
  });
}

}  // namespace

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned most = address->v6 ? 128 : 32;
  if (slash == std::string_view::npos) return Network{*address, most};
  const auto bits = parse_decimal(text.substr(slash + 1));
  if (!bits || *bits > most) return std::nullopt;
  return Network{*address, static_cast<unsigned>(*bits)};
}

Address unwrapped(const Address& address) {
  if (!address.v6) return address;
  const bool nat64 = begins_with(address, {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0});
  if (is_v4_mapped(address) || nat64) return v4_at(address, 12);
  if (begins_with(address, {0x20, 0x02})) return v4_at(address, 2);
  return address;
}

std::optional<std::string> allow_trouble(std::string_view entry) {
  if (parse_network(entry)) return std::nullopt;
  if (entry.find('/') != std::string_view::npos) return "is no network: expected address/bits";
  if (entry == "*") return std::nullopt;
  const std::string host = canonical(entry.starts_with("*.") ? entry.substr(2) : entry);
  if (is_host(host)) return std::nullopt;
  return "is neither a host, nor a glob such as *.example.org, nor a network such as 10.0.0.0/8";
}

ProbePolicy::ProbePolicy(std::set<std::string> configured_hosts, const std::vector<std::string>& allow) {
  for (const std::string& host : configured_hosts) hosts_.insert(canonical(host));
  for (const std::string& entry : allow) {
    if (const auto network = parse_network(entry))
      networks_.push_back(*network);
    else if (is_glob(entry))
      globs_.push_back(canonical(entry));
    else
      hosts_.insert(canonical(entry));
  }
}

bool ProbePolicy::names(std::string_view host) const { return hosts_.contains(std::string(host)); }

/// "*.example.org" is what is below example.org, not example.org itself.
bool ProbePolicy::matches_glob(std::string_view host) const {
  return std::any_of(globs_.begin(), globs_.end(), [&](const std::string& glob) {
    return glob == "*" || (host.size() + 1 > glob.size() && host.ends_with(std::string_view(glob).substr(1)));
  });
}

bool ProbePolicy::lists(const Address& address) const {
  const Address inner = unwrapped(address);
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& each) { return contains(each, inner); });
}

std::optional<std::string> ProbePolicy::refuses_host(std::string_view host) const {
  const std::string name = canonical(host);
  if (names(name) || matches_glob(name) || !networks_.empty()) return std::nullopt;
  return name + " is no host of a configured mirror and not in probe.allow";
}

std::optional<std::string> ProbePolicy::refuses_unseen(std::string_view host) const {
  const std::string name = canonical(host);
  if (const auto address = parse_address(name)) return refuses(name, *address);
  if (names(name) || matches_glob(name)) return std::nullopt;
  return name + " is no host of a configured mirror and not in probe.allow";
}

std::optional<std::string> ProbePolicy::refuses(std::string_view host, const Address& address) const {
  const std::string name = canonical(host);
  if (names(name) || lists(address)) return std::nullopt;
  const std::string where = parse_address(name) ? name : name + " (at " + to_string(address) + ")";
  if (!matches_glob(name)) return where + " is no host of a configured mirror and not in probe.allow";
  if (!is_special(address)) return std::nullopt;
  return where + " is not on the public Internet, and no network of probe.allow has it";
}

}  // namespace mw
