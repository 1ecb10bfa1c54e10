// A secret of this process that nobody can guess.
#pragma once

#include "probes/secret.hpp"

namespace mw {

/// 64 hex digits of the kernel's randomness; throws std::system_error when it has none.
Secret random_secret();

}  // namespace mw
