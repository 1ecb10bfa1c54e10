// The little that every holder of a Reply asks of it. Pure.
#include "probes/net.hpp"

#include <algorithm>

namespace mw {

std::optional<std::string> header(const Reply& reply, std::string_view lower_name) {
  const auto found = std::find_if(reply.headers.begin(), reply.headers.end(),
                                  [&](const auto& field) { return field.first == lower_name; });
  if (found == reply.headers.end()) return std::nullopt;
  return found->second;
}

}  // namespace mw
