// TCP connections and TLS handshakes looked at closely, without a byte of application data.
// Shows nothing of OpenSSL.
#pragma once

#include <memory>

#include "probes/live_loop.hpp"
#include "probes/net.hpp"

namespace mw {

/// Trust stores and client certificates as loaded from their files: one per distinct TlsOptions,
/// until a file changes.
class TlsContexts;

std::shared_ptr<TlsContexts> make_tls_contexts();

Task<Link> live_dial(std::shared_ptr<LiveLoop>, std::shared_ptr<TlsContexts>, Dial);

}  // namespace mw
