// How long a server asks to be left alone, in its own words. Pure: time is an argument.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "probes/model.hpp"

namespace mw {

/// The longest wait that anybody can talk us into.
inline constexpr Duration kLongestRetryAfter = std::chrono::hours(1);

/// RFC 9110 §10.2.3: seconds, or a date in the future. At most kLongestRetryAfter; nothing when it is neither.
std::optional<Duration> parse_retry_after(std::string_view text, SysTime now);

/// Fields that say how much is left of a quota; empty when the server did not send them.
struct QuotaFields {
  std::string_view limit;      ///< RateLimit: "name";r=0;t=30 (draft-ietf-httpapi-ratelimit-headers-08 and later)
  std::string_view remaining;  ///< RateLimit-Remaining or X-RateLimit-Remaining: 0, also 0;w=21600
  std::string_view reset;      ///< RateLimit-Reset or X-RateLimit-Reset: seconds, or an epoch
};

/// How long until there is quota again, at most kLongestRetryAfter; nothing while some is left, or when they do not
/// say.
std::optional<Duration> quota_wait(const QuotaFields&, SysTime now);

}  // namespace mw
