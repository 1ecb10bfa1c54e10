// A published picture made by hand, for the pages' golden tests: every state, every kind of failure on show, names
// in Chinese, and text that tries to break out of whatever it is put into.
#pragma once

#include "exporter/published.hpp"

namespace mw {

inline constexpr SysTime kSampleNow{std::chrono::seconds(1'790'000'000)};

Published sample_published();

}  // namespace mw
