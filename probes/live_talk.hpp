// Conversations line by line, for real.
#pragma once

#include "probes/live_contexts.hpp"
#include "probes/live_loop.hpp"
#include "probes/talk.hpp"

namespace mw {

Task<TalkOpened> live_open(std::shared_ptr<LiveLoop>, std::shared_ptr<TlsContexts>, TalkOpening);

}  // namespace mw
