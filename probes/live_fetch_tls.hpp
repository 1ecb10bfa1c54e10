// The TLS side of a fetch. Knows libcurl, whose handles are void* in C++ as well; shows nothing of it.
#pragma once

#include <memory>

#include "probes/net.hpp"
#include "probes/tls_seen.hpp"

namespace mw {

/// Sets everything that has to do with TLS on a fresh handle; the first CURLcode that is not 0. `seen`, if not null, is
/// written to as the handshake goes on.
int set_tls(void* easy, const Fetch&, const std::shared_ptr<TlsSeen>& seen);

}  // namespace mw
