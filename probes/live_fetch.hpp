// One HTTP exchange over a Fetcher (live_multi.hpp). Shows nothing of libcurl.
#pragma once

#include <memory>

#include "probes/net.hpp"

namespace mw {

class Fetcher;

Task<Reply> live_fetch(std::shared_ptr<Fetcher>, Fetch);

}  // namespace mw
