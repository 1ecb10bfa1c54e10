// Trace files of Debian-style mirrors (project/trace/NAME): when a synchronisation ended, and which serial of the
// archive it brought. Pure; trusts nothing, nobody signs them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "probes/model.hpp"

namespace mw {

struct Trace {
  SysTime date{};
  std::optional<std::int64_t> serial;  ///< "Archive serial", YYYYMMDDNN: an order, not a time
  bool operator==(const Trace&) const = default;
};

inline constexpr std::size_t kMaxTrace = 1024;  ///< bytes: what is longer is an error page

/// First line a date (`date -u` in the POSIX locale, RFC 1123, or seconds since the epoch), then "Key: value" lines or
/// nothing. The error says what is wrong with it.
std::variant<Trace, std::string> parse_trace(std::string_view file);

}  // namespace mw
