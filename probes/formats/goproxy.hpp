// The GOPROXY list of a Go client: what it asks, in which order, and which failure sends it on. Pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "probes/model.hpp"

namespace mw {

struct GoProxyEntry {
  enum class Kind : std::uint8_t { proxy, direct, off };
  Kind kind = Kind::proxy;
  std::string url;            ///< of a proxy; with user-info if the list has it, so keep it off pages and logs
  bool on_any_error = false;  ///< followed by "|": any failure sends the client on, not only "not found"
  bool operator==(const GoProxyEntry&) const = default;
};

/// As the go command reads it: what stands after `direct` or `off` is never reached and left out. The error says what
/// is wrong with the list and quotes none of it.
std::variant<std::vector<GoProxyEntry>, std::string> parse_goproxy(std::string_view list);

/// Whether a client that failed so at this entry tries the next one. With "," only 404 and 410 do that: a mirror that
/// answers 500 breaks its users although a healthy entry follows.
bool falls_through(const GoProxyEntry&, const Failure&);

}  // namespace mw
