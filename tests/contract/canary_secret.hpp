// A secret that is easy to recognise: put wherever a mirror may be given one, looked for in whatever comes out.
#pragma once

#include <string>
#include <vector>

#include "probes/net.hpp"

namespace mw {

/// Lower case, so that it survives wherever text is folded; nothing in it needs to be escaped.
inline const std::string kCanary = "hush-hush-canary-2718";

/// Password, token, header: all of them the canary.
void give_secrets(Mirror&);
Credentials secret_credentials();

/// Every text that a finding can show to anyone, keys included.
std::vector<std::string> all_texts(const Finding&);

/// Whether the text holds the canary, as it is or inside base64 at any alignment.
bool holds_canary(const std::string& text);

/// Whether a request carries it, where requests carry secrets.
bool carries_canary(const Fetch&);

}  // namespace mw
