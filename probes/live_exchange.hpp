// One question, one answer, over UDP, TCP or TLS.
#pragma once

#include "probes/live_contexts.hpp"
#include "probes/live_loop.hpp"
#include "probes/talk.hpp"

namespace mw {

Task<PacketAnswer> live_exchange(std::shared_ptr<LiveLoop>, std::shared_ptr<TlsContexts>, Packet);

}  // namespace mw
