// An IP address as a value, and the question whether it is one that only our own network should reach.
// Pure; knows nothing of sockets.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mw {

struct Address {
  std::array<std::uint8_t, 16> bytes{};  ///< network order; the first four when v4
  bool v6 = false;
  auto operator<=>(const Address&) const = default;
};

/// Strict text forms only (inet_pton): no octal, hex or short forms. No brackets, no zone.
std::optional<Address> parse_address(std::string_view text);
std::string to_string(const Address&);

/// Not on the public Internet: private, loopback, link-local, documentation, multicast, reserved, and v6 forms
/// that embed such a v4 address (IANA special-purpose registries, RFC 6890).
bool is_special(const Address&);

}  // namespace mw
