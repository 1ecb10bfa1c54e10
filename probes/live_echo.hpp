// ICMP echo, for real.
#pragma once

#include "probes/live_loop.hpp"
#include "probes/talk.hpp"

namespace mw {

Task<Echo> live_ping(std::shared_ptr<LiveLoop>, Ping);

}  // namespace mw
