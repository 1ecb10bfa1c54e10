// What each receiver is still owed: the difference between what is true and what it was told. Pure values; kept in
// memory here. A receiver's trouble concerns that receiver alone.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "alerts/engine.hpp"
#include "alerts/receiver.hpp"

namespace mw {

/// What a receiver knows of one alert.
struct Told {
  std::uint64_t attempted = 0;  ///< the last episode whose firing was sent, whether or not it was accepted
  std::uint64_t fired = 0;      ///< the last episode whose firing was accepted
  std::uint64_t resolved = 0;   ///< the last episode whose all-clear was accepted
};

struct Ledger {
  std::map<AlertKey, Told> told;
  int failures = 0;         ///< in a row
  SteadyTime not_before{};  ///< when to try again
  std::string last_error;
};

/// By receiver name.
using Outbox = std::map<std::string, Ledger>;

struct Owed {
  AlertKey key;
  std::uint64_t episode = 0;
  bool firing = true;
};

/// The oldest news that the receiver has not accepted; nothing if it knows everything.
/// An all-clear is owed only for a firing that was attempted; an inhibited alert is not news.
std::optional<Owed> next_owed(const Ledger&, const Alerts&, const Receiver&);

/// How many pieces of news it has not accepted.
std::size_t count_owed(const Ledger&, const Alerts&, const Receiver&);

/// Before the request is sent: from here on the other side may have seen it.
Ledger attempted(Ledger, const Owed&);

/// Accepted: told. Otherwise tried again, later each time: 1 s doubling to 5 min, or what Retry-After says up to 1 h.
Ledger settled(Ledger, const Owed&, const Delivery&, SteadyTime now);

/// Drops alerts that no longer exist and that nobody is owed anything about.
void forget_finished(Alerts&, Outbox&, const std::vector<Receiver>&);

/// The message for one piece of news. `view` may be null when the mirror is gone.
Notice compose(const Owed&, const Alert&, const MirrorView* view, const std::string& external_url);

/// That piece of news alone, as a message.
Message message_of(const Owed&, Notice, const Receiver&, const std::string& external_url);

}  // namespace mw
