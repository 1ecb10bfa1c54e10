// From a URL to a final answer: resolve, check the address policy, fetch, follow at most five redirects, decode.
// Every hop is checked anew: scheme downgrade, address policy, and what credentials may travel there.
#pragma once

#include "probes/net.hpp"
#include "probes/target.hpp"
#include "probes/validators.hpp"

namespace mw {

/// What to get from a mirror. Credentials, proxy and TLS come from the target's mirror.
struct Get {
  Url url;
  std::string method = "GET";
  Headers headers;
  std::size_t body_limit = 16 * 1024 * 1024;
  bool keep_body = true;
  bool spool = false;           ///< keep the body in an unnamed file, for what is too large for memory
  Reuse reuse = Reuse::none;    ///< of what this URL was sent as before
  bool decode = true;           ///< undo a gzip content coding; false: the body is the bytes as served
  std::optional<Address> only;  ///< connect to this address instead of resolving (first hop only)
};

struct Got {
  Reply reply;  ///< the last hop's; body decoded as Get::decode says. sha256 is of the bytes as served
  Url url;      ///< where it came from in the end
  int redirects = 0;
  Traffic traffic;                 ///< one request per hop
  std::optional<Failure> failure;  ///< transport trouble only: a 404 is an answer
};

/// Within the target's deadline. Tries a name's addresses in order until one accepts the connection.
Task<Got> follow(Net&, Target, Get);

/// The next hop for a 3xx reply, or why it may not be taken. Pure.
/// Custom headers and credentials are dropped when the origin (scheme, host, port) changes.
std::variant<Fetch, Failure> next_hop(const Fetch& hop, const Reply& reply);

/// The failure that a status means to a client that wants exactly `wanted` (empty = any 2xx). Nothing if wanted.
std::optional<Failure> unwanted_status(int status, const std::vector<int>& wanted);

/// Time left until the target's deadline, at least 1 ms so that a call always has a timeout.
Duration time_left(const Net&, const Target&);

}  // namespace mw
