// Reads what a certificate says, however odd, into plain values. For live_dial only.
#pragma once

#include <optional>
#include <string>

#include "probes/model.hpp"

struct ssl_st;  // OpenSSL's SSL

namespace mw {

/// What the peer of this handshake has shown so far; nothing if it has shown no certificate.
std::optional<Certificate> shown_certificate(const ssl_st*);

/// Whether the leaf is for this name, or this address if it is one. Wildcards stand for a whole label only.
bool is_for(const ssl_st*, const std::string& name);

}  // namespace mw
