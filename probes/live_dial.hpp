// TCP connections and TLS handshakes looked at closely, without a byte of application data.
// Shows nothing of OpenSSL.
#pragma once

#include <memory>

#include "probes/live_loop.hpp"
#include "probes/net.hpp"

namespace mw {

class TlsContexts;

std::shared_ptr<TlsContexts> make_tls_contexts();

Task<Link> live_dial(std::shared_ptr<LiveLoop>, std::shared_ptr<TlsContexts>, Dial);

}  // namespace mw
