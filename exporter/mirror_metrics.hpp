// The metrics of mirrors: from what is published of each to the lines of a page. Computed afresh for each scrape, so a
// mirror that is gone has no series. Pure.
#pragma once

#include <span>

#include "exporter/exposition.hpp"
#include "exporter/mirror_rows.hpp"

namespace mw {

/// The samples of `metric`, which has begun on the page; none if it is not one of the mirrors'.
void write_mirrors(Page&, const Metric& metric, std::span<const Row>, SysTime now);

}  // namespace mw
