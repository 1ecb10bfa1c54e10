// What is published of everything but the mirrors, as metric families: the pools, the alerts and what receivers are
// owed. Pure.
#pragma once

#include <vector>

#include "exporter/exposition.hpp"
#include "exporter/mirror_rows.hpp"
#include "exporter/published.hpp"

namespace mw {

/// Pools of which the filter admits no mirror are left out.
std::vector<Family> published_families(const Published&, const MirrorFilter&);

}  // namespace mw
