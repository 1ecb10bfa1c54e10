// A receiver tried by hand, through the same renderer, judge and door as the agent's own notices.
#pragma once

#include <iosfwd>
#include <string>

#include "exporter/config.hpp"

namespace mw {

/// Sends a test to the receiver, to each of its endpoints, or to the one endpoint that is named, and prints what each
/// answered. What opens an incident there is told the all-clear as well. The process' exit code: 0 when all was
/// accepted, 1 when not, 2 when there is no such receiver, of which `err` is told with the names that there are.
int test_receiver(const Config&, const std::string& name, std::ostream& out, std::ostream& err);

}  // namespace mw
