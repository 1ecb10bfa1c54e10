// A Packages index that was read whole, kept as words that Finding::remember takes: while the Release lists the same
// index and the mirror says that its file did not change, the index need not travel again. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probes/apt_index.hpp"

namespace mw::apt {

/// Canaries and all samples, so that a reading serves the rounds to come as well.
std::vector<std::string> names_to_read(const Pool&);

/// Adds a good reading to what the finding asks to remember. Indexes of up to 64 KiB are not worth it, and neither is
/// a reading without one of its packages.
void remember_reading(Finding&, const Target&, const Index&, const IndexReading&);

/// What this mirror's index held when it was read, if that was these very bytes, with all that is wanted now.
std::optional<IndexReading> recall_reading(const Target&, const Index&, const std::vector<std::string>& names);

}  // namespace mw::apt
