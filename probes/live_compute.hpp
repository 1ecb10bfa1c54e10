// CPU-heavy work on a small pool of threads, awaited from the loop.
#pragma once

#include <functional>
#include <memory>

#include "probes/live_loop.hpp"
#include "probes/net.hpp"

namespace mw {

class Workers;

std::shared_ptr<Workers> make_workers(std::size_t threads);
/// Waits for what is running; what has not begun is dropped with its waiters. Call before the loop goes.
void end(Workers&);

Task<void> live_compute(std::shared_ptr<LiveLoop>, std::shared_ptr<Workers>, std::function<void()> work);

}  // namespace mw
