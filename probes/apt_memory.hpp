// A Packages index that was read whole, kept as words that Finding::remember takes: while the Release lists the same
// index, a look at its size is enough, and the index need not travel again. Pure; time is an argument.
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
void remember_reading(Finding&, const Target&, const Index&, const IndexReading&, SysTime now);

/// What this mirror's index held when it was read, if that was these very bytes, less than the pool's `reread_index`
/// ago, and with all that is wanted now.
std::optional<IndexReading> recall_reading(const Target&, const Index&, const std::vector<std::string>& names,
                                           SysTime now);

/// A question for the size alone.
Get size_get(const Place&);
/// Whether the answer says that the index lies there in its listed size. Anything else calls for a whole look.
bool has_listed_size(const Index&, const Got&);

}  // namespace mw::apt
