// Who we say we are to an HTTP endpoint that asks: a user with a password (RFC 7617), or a token (RFC 6750). For kinds
// whose endpoint may stand behind a proxy that wants either; a vendor's own way to log in is its receiver's.
#pragma once

#include <vector>

#include "alerts/receiver.hpp"

namespace mw {

/// The kind's options, and `user`, `password` and `bearer` behind them.
std::vector<ReceiverOption> with_credentials(std::vector<ReceiverOption>);
/// The field that says who we are; none when the receiver's options say nothing.
void authorize(Headers&, const Receiver&);
std::vector<OptionTrouble> credential_troubles(const Receiver&);

}  // namespace mw
