// Names of what a condition may look at.
#include <array>

#include "alerts/rule.hpp"

namespace mw {

std::string_view name(Signal signal) {
  constexpr std::array kNames = {"sync_lag", "error_ratio", "metadata_expires_in", "cert_expires_in"};
  return kNames.at(static_cast<std::size_t>(signal));
}

}  // namespace mw
