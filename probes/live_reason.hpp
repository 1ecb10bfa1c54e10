// What the numbers of the operating system and of OpenSSL mean in the closed set of reasons.
// Pure tables, shared by everything that talks to the network, so that a fetch and a dial never disagree.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "probes/model.hpp"

namespace mw {

/// errno of socket, connect, read or write.
Reason reason_of_errno(int error);

/// X509_V_ERR_*; not for X509_V_OK.
Reason reason_of_verify(long result);

/// A packed OpenSSL error, as ERR_get_error() returns it.
Reason reason_of_openssl(unsigned long code);

/// The packed error in a text such as "error:0A00010B:SSL routines::wrong version number".
std::optional<unsigned long> openssl_code_in(std::string_view text);

/// What every operation reports once the door is closed.
Failure closed_door(Layer);

}  // namespace mw
