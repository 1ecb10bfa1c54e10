// Address conversion by memcpy: sockaddr's aliasing is the system's business, not ours.
#include "probes/live_socket.hpp"

#include <netinet/in.h>

#include <cstring>

namespace mw {

std::optional<Endpoint> endpoint_of(const void* socket_address, std::size_t length) {
  Endpoint endpoint;
  sa_family_t family = AF_UNSPEC;
  if (length < sizeof(sockaddr_in)) return std::nullopt;
  std::memcpy(&family, static_cast<const char*>(socket_address) + offsetof(sockaddr, sa_family), sizeof family);
  if (family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, socket_address, sizeof v4);
    std::memcpy(endpoint.address.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
    endpoint.port = ntohs(v4.sin_port);
    return endpoint;
  }
  if (family != AF_INET6 || length < sizeof(sockaddr_in6)) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, socket_address, sizeof v6);
  std::memcpy(endpoint.address.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  endpoint.address.v6 = true;
  endpoint.port = ntohs(v6.sin6_port);
  return endpoint;
}

socklen_t to_socket_address(const Endpoint& endpoint, sockaddr_storage& storage) {
  storage = {};
  if (endpoint.address.v6) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&v6.sin6_addr, endpoint.address.bytes.data(), sizeof v6.sin6_addr);
    std::memcpy(&storage, &v6, sizeof v6);
    return sizeof v6;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(endpoint.port);
  std::memcpy(&v4.sin_addr, endpoint.address.bytes.data(), sizeof v4.sin_addr);
  std::memcpy(&storage, &v4, sizeof v4);
  return sizeof v4;
}

int open_socket(int family, int type, int protocol) {
  return ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

}  // namespace mw
