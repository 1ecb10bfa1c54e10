// Where to listen, as --web.listen-address says it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "probes/address.hpp"

namespace mw {

struct TcpPlace {
  Address address;
  bool is_any = false;  ///< every address of the machine, v4 and v6
  std::uint16_t port = 0;
};

struct UnixPlace {
  std::string path;
};

using ListenPlace = std::variant<TcpPlace, UnixPlace>;

/// "127.0.0.1:19791", "[::1]:19791", "localhost:19791", ":19791" or "[::]:19791" (all addresses, v4 and v6),
/// "0.0.0.0:19791" (all of v4), "unix:/run/mirrorwarden/web.sock". The other: what is wrong with it.
std::variant<ListenPlace, std::string> parse_listen_address(std::string_view text);

/// In the same form.
std::string to_string(const ListenPlace&);

}  // namespace mw
