// Text made fit for HTML, and durations and times made fit for people. Pure.
#pragma once

#include <string>
#include <string_view>

#include "probes/model.hpp"

namespace mw {

/// The only way of outside text into a page: printable, escaped for content and for quoted attributes.
std::string html(std::string_view text);

/// To two units at most: "12s", "3m20s", "5h12m", "9d4h". Negative ones (a clock that stepped) are "0s".
std::string rough(Duration);

/// A <time> element that reads "12s ago", the exact UTC time on hover.
std::string ago(SysTime then, SysTime now);

}  // namespace mw
