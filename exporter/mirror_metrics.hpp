// What is published, as metric families: the mirrors, the pools, the alerts and what receivers are owed. Computed
// afresh for each scrape, so a mirror that is gone has no series. Pure.
#pragma once

#include <vector>

#include "exporter/exposition.hpp"
#include "exporter/published.hpp"

namespace mw {

std::vector<Family> published_families(const Published&, SysTime now);

}  // namespace mw
