// What an endpoint that forgets is told again, as Prometheus tells Alertmanager (Alertmanager documentation, "Alerts
// API": clients re-send what fires, and what is over for a while): all it was told that still fires, and what ended
// within the last quarter of an hour. Pure, and nothing of it is kept on disk: the ledger says what was told, so that
// a round that fails owes nothing, and the next one says what is so then.
#pragma once

#include <optional>

#include "alerts/outbox.hpp"

namespace mw {

/// For so long after its end an all-clear is told again: Prometheus' resolvedRetention.
inline constexpr Duration kResolvedToldFor = std::chrono::minutes(15);

/// Everything once, in the order of the alerts, in messages of at most the kind's most_notices.
struct Round {
  std::optional<SteadyTime> began = {};  ///< the last one; nothing: none has
  bool under_way = false;
  std::optional<AlertKey> reached = {};  ///< the last that was told in it
};

/// When the next one may begin: the kind's `resend` after the last.
SteadyTime next_round(const Round&, const Receiver&);

/// Begins one when it is time and none is under way.
Round continued(Round, const Receiver&, SteadyTime now);

/// What the round tells next. No items: it is over.
Batch next_resend(const Round&, const Ledger&, const Alerts&, const Receiver&);

/// It goes on behind what was answered for, good or bad, and ends when the endpoint is not there.
Round advanced(Round, const Batch&, const Delivery&);

/// What an answer to a resend says of the endpoint: news need not wait for one that is back. Owes nothing anew.
Ledger heard_from(Ledger, const Delivery&, SteadyTime now);

/// All-clears that have been told for long enough are told no more.
void let_go(Ledger&, SysTime now);

}  // namespace mw
