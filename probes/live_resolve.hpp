// Names to addresses through c-ares on the loop. Shows nothing of c-ares.
#pragma once

#include <memory>

#include "probes/live_loop.hpp"
#include "probes/net.hpp"

namespace mw {

Task<Answer> live_resolve(std::shared_ptr<LiveLoop>, Question);

}  // namespace mw
