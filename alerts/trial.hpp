// A receiver tried by hand: the notice that it is sent, and its answer made fit to be shown. Pure.
#pragma once

#include <string>

#include "alerts/receiver.hpp"

namespace mw {

/// The notice of a test: it is about nothing, and every kind of receiver shows it as a test. Its alert is called
/// MirrorwardenTest, has the severity info, and neither pool nor mirror, so that no silence or route for one fits it.
/// `firing` false: its all-clear.
Message trial_message(const Receiver&, const std::string& vantage, SysTime now, bool firing);

/// What the other side said, without anything of the receiver's secrets or of the credentials in the request: what
/// refuses a request likes to repeat it. Printable, on one line, at most 500 bytes.
std::string without_secrets(const std::string& said, const Receiver&, const Outgoing&);

}  // namespace mw
