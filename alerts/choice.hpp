// Which mirrors of a pool are safe to use now, which of them first, and in which words a client is told. Pure.
#pragma once

#include <string>
#include <vector>

#include "probes/snapshot.hpp"

namespace mw {

/// The fresh mirrors of the pool, by priority, then by the fewest errors of the last hour, then as configured.
/// References are none: they are there to be compared with.
std::vector<const MirrorView*> safe_mirrors(const Snapshot&, const std::string& pool);

/// The first of them; nullptr when none is safe.
const MirrorView* safest_mirror(const Snapshot&, const std::string& pool);

/// What a client needs to use the mirror, ready to paste: a line such as GOPROXY=…, or the URL where that says it all.
std::string client_line(const MirrorView&);

}  // namespace mw
