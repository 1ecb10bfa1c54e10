// Child processes on the loop.
#pragma once

#include <memory>

#include "probes/live_loop.hpp"
#include "probes/net.hpp"

namespace mw {

/// Trouble is reported in the integrity layer, where gpgv is at home; a caller that runs something else moves it.
/// Killed by signal n counts as exit code 128+n.
Task<Ran> live_run(std::shared_ptr<LiveLoop>, Command);

}  // namespace mw
