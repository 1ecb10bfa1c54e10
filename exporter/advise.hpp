// The verb `advise`: what a running agent has to say of a pool, for a shell or a person. Decides nothing itself.
#pragma once

#include <iosfwd>
#include <string>

namespace mw {

/// Asks the agent that listens at `listen`, a host and a port, and prints its advice as text. The process' exit code:
/// 0 when a mirror is safe, 1 when none is, 2 when nobody could say, of which `err` is told why.
int advise(const std::string& listen, const std::string& pool, std::ostream& out, std::ostream& err);

/// Where to ask an agent that listens there: "every address" is reached at loopback. Nothing if it is no host and port.
std::string agent_url(std::string listen);

}  // namespace mw
