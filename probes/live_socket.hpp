// Addresses as the socket calls want them, and sockets that no child process inherits.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>

#include "probes/address.hpp"

namespace mw {

struct Endpoint {
  Address address;
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};

/// Nothing for families other than IPv4 and IPv6, or when `length` is too short.
std::optional<Endpoint> endpoint_of(const void* socket_address, std::size_t length);

/// Fills `storage` and returns the length in use.
socklen_t to_socket_address(const Endpoint&, sockaddr_storage& storage);

/// Non-blocking and close-on-exec; -1 and errno when it cannot be had.
int open_socket(int family, int type, int protocol);

}  // namespace mw
