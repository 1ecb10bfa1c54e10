// Any bytes as every text that a page shows, and whether the pages survive it. For the fuzz target and its replay.
#pragma once

#include <string>
#include <string_view>

namespace mw {

/// What broke, or nothing.
std::string broken_by(std::string_view bytes);

}  // namespace mw
