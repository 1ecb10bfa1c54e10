// Addresses: text forms and the special-purpose ranges.
#include "probes/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <span>

namespace mw {

namespace {

struct Prefix {
  std::array<std::uint8_t, 16> bytes;
  unsigned bits;
};

constexpr Prefix v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, unsigned bits) { return {{a, b, c}, bits}; }

// RFC 6890 and its successors at IANA; benchmarking and documentation ranges too: no mirror lives there.
constexpr std::array kSpecialV4 = {
    v4(0, 0, 0, 8),       v4(10, 0, 0, 8),     v4(100, 64, 0, 10), v4(127, 0, 0, 8),    v4(169, 254, 0, 16),
    v4(172, 16, 0, 12),   v4(192, 0, 0, 24),   v4(192, 0, 2, 24),  v4(192, 168, 0, 16), v4(198, 18, 0, 15),
    v4(198, 51, 100, 24), v4(203, 0, 113, 24), v4(224, 0, 0, 3),
};

constexpr std::array kSpecialV6 = {
    Prefix{{}, 96},                                    // ::, ::1 and v4-compatible
    Prefix{{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48},  // local-use NAT64
    Prefix{{0x01, 0x00}, 64},                          // discard-only
    Prefix{{0x20, 0x01, 0x00, 0x00}, 32},              // Teredo
    Prefix{{0x20, 0x01, 0x0d, 0xb8}, 32},              // documentation
    Prefix{{0xfc, 0x00}, 7},                           // unique local
    Prefix{{0xfe, 0x80}, 10},                          // link-local
    Prefix{{0xfe, 0xc0}, 10},                          // site-local, deprecated
    Prefix{{0xff, 0x00}, 8},                           // multicast
};

bool matches(const std::array<std::uint8_t, 16>& bytes, const Prefix& prefix) {
  const std::size_t whole = prefix.bits / 8;
  if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole), prefix.bytes.begin()))
    return false;
  const unsigned rest = prefix.bits % 8;
  return rest == 0 || (bytes.at(whole) >> (8 - rest)) == (prefix.bytes.at(whole) >> (8 - rest));
}

bool matches_any(const Address& address, std::span<const Prefix> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const Prefix& p) { return matches(address.bytes, p); });
}

/// The v4 address inside ::ffff:0:0/96, 64:ff9b::/96 (both at byte 12) or 2002::/16 (at byte 2).
std::optional<Address> embedded_v4(const Address& address) {
  constexpr Prefix kMapped = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};
  constexpr Prefix kNat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};
  constexpr Prefix kSixToFour = {{0x20, 0x02}, 16};
  std::size_t offset = 0;
  if (matches(address.bytes, kMapped) || matches(address.bytes, kNat64))
    offset = 12;
  else if (matches(address.bytes, kSixToFour))
    offset = 2;
  else
    return std::nullopt;
  Address inner;
  std::copy_n(address.bytes.begin() + static_cast<std::ptrdiff_t>(offset), 4, inner.bytes.begin());
  return inner;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  Address address;
  if (inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) return address;
  address = {};
  address.v6 = true;
  if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::string to_string(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text.data(), text.size());
  return text.data();
}

bool is_special(const Address& address) {
  if (!address.v6) return matches_any(address, kSpecialV4);
  if (const auto inner = embedded_v4(address)) return is_special(*inner);
  return matches_any(address, kSpecialV6);
}

}  // namespace mw
