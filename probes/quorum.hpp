// Which version is the upstream's, when several speak for it. Pure.
#pragma once

#include <optional>
#include <vector>

#include "probes/history.hpp"

namespace mw {

/// The newest version that at least `quorum` of the votes are for; nothing when no version has that many. Newest by
/// order, else by the history: what it does not know yet is newer than what it knows.
std::optional<Version> elect(const std::vector<Version>& votes, std::size_t quorum, const History&);

}  // namespace mw
