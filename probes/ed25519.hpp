// Ed25519 signatures (RFC 8032), verified only. OpenSSL stays in the .cpp.
#pragma once

#include <string_view>

namespace mw {

/// `key` 32 bytes, `signature` 64; of any other length nothing verifies.
bool ed25519_verifies(std::string_view key, std::string_view message, std::string_view signature);

}  // namespace mw
