// Reads what was shown in a handshake, however odd, as /probe tells of it. Shows nothing of OpenSSL.
#pragma once

#include <string>

#include "probes/tls_seen.hpp"

struct ssl_st;  // OpenSSL's SSL

namespace mw {

/// After a handshake, or what is left of one. Nothing when no certificate was shown.
std::optional<TlsSeen> tls_seen(const ssl_st*);

/// For an SSL_CTX (which the client library has as void*) of one handshake only: verifies as ever, and writes down in
/// `seen`, which must outlive it, what was shown, even when that ends the handshake.
void write_down(void* ssl_context, TlsSeen& seen);

}  // namespace mw
