// The upstream's version history of one feed, and how far behind it a version is. Pure.
// Lag is the time since the version a mirror serves was superseded, never the age of the content.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "probes/model.hpp"

namespace mw {

struct Seen {
  Version version;
  SysTime first_seen{};
  SysTime last_seen{};
};

/// A version that the upstream took back. Who still serves it is ahead, not behind, until the upstream serves something
/// newer than what it went back to: then it is superseded like that.
struct Abandoned {
  std::string id;
  std::string restored;  ///< id of the version that the upstream went back to
};

/// Oldest first, bounded.
struct History {
  std::deque<Seen> seen;
  std::deque<Abandoned> abandoned;  ///< oldest first, bounded
  std::uint64_t regressions = 0;    ///< times the upstream went back: an event, not a mirror's fault
};

inline constexpr std::size_t kHistoryLimit = 512;
inline constexpr std::size_t kAbandonedLimit = 64;

/// Takes in what the reference served at `at`.
History observe(History, const Version&, SysTime at);

struct Lag {
  bool known = false;
  Duration lower{};                      ///< at least this long behind; 0 when up to date. Alerts use this one
  std::optional<Duration> upper;         ///< at most this long; nothing when the version is older than our history
  bool ahead = false;                    ///< newer than anything the upstream was seen to serve
  Reason why = Reason::not_checked_yet;  ///< when not known
  bool operator==(const Lag&) const = default;
};

/// How far behind `version` is at `now`.
Lag lag_of(const History&, const std::optional<Version>& version, SysTime now);

}  // namespace mw
