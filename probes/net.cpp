// Small questions about replies.
#include "probes/net.hpp"

namespace mw {

std::optional<std::string> header(const Reply& reply, std::string_view lower_name) {
  for (const auto& [key, value] : reply.headers)
    if (key == lower_name) return value;
  return std::nullopt;
}

}  // namespace mw
