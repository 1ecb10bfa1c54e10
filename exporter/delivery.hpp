// One attempt to deliver what a renderer made, whichever way it goes, and what came of it. Knows no ledger: whether to
// try again is others' business.
#pragma once

#include <string>
#include <variant>

#include "alerts/receiver.hpp"
#include "probes/net.hpp"

namespace mw {

/// An answer, or why there is none.
using Answered = std::variant<Response, Failure>;

/// Takes no longer than the receiver's timeout for each address of the endpoint. Follows no redirect: what answers with
/// one is not what the credentials are for.
Task<Answered> send(Net&, Receiver, Outgoing, std::string user_agent);

/// What the vendor makes of it; a network's trouble is never final.
Delivery delivery_of(const Receiver&, const Answered&);

}  // namespace mw
