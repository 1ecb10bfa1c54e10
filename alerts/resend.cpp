// Rounds of what an endpoint would forget.
#include "alerts/resend.hpp"

#include <algorithm>

namespace mw {

namespace {

/// Only what was accepted: what was not is news, and the outbox's business. What is muted since goes on as it was, for
/// silence would tell its end.
std::optional<Owed> again(const AlertKey& key, const Alert& alert, const Told& told, const Receiver& receiver) {
  const auto& notify = alert.rule->notify;
  if (alert.phase == Phase::firing && told.fired == alert.episode) {
    if (std::find(notify.begin(), notify.end(), receiver.name) == notify.end()) return std::nullopt;
    return Owed{key, alert.episode, true, false, told.started, {}};
  }
  const bool over = alert.phase != Phase::firing && told.resolved == told.attempted && told.ended != SysTime{};
  if (!over || !receiver.send_resolved) return std::nullopt;
  return Owed{key, told.resolved, false, false, told.started, told.ended};
}

}  // namespace

SteadyTime next_round(const Round& round, const Receiver& receiver) {
  if (!round.began) return SteadyTime{};
  return *round.began + find_receiver_kind(receiver.kind)->resend(receiver);
}

Round continued(Round round, const Receiver& receiver, SteadyTime now) {
  if (round.under_way || (round.began && now < next_round(round, receiver))) return round;
  return {now, true, std::nullopt};
}

Batch next_resend(const Round& round, const Ledger& ledger, const Alerts& alerts, const Receiver& receiver) {
  const std::size_t most = find_receiver_kind(receiver.kind)->most_notices;
  Batch batch;
  batch.group = kDigest;
  batch.kind = MessageKind::reminder;
  auto told = round.reached ? ledger.told.upper_bound(*round.reached) : ledger.told.begin();
  for (; round.under_way && told != ledger.told.end() && batch.items.size() < most; ++told) {
    const auto alert = alerts.find(told->first);
    if (alert == alerts.end()) continue;
    if (auto item = again(told->first, alert->second, told->second, receiver)) batch.items.push_back(std::move(*item));
  }
  std::stable_partition(batch.items.begin(), batch.items.end(), [](const Owed& item) { return item.firing; });
  return batch;
}

Round advanced(Round round, const Batch& batch, const Delivery& delivery) {
  const bool heard = delivery.outcome == Acceptance::accepted || delivery.outcome == Acceptance::rejected;
  round.under_way = heard && !batch.items.empty();
  for (const Owed& item : batch.items) round.reached = std::max(round.reached, std::optional(item.key));
  return round;
}

Ledger heard_from(Ledger ledger, const Delivery& delivery, SteadyTime now) {
  ledger.last_error = delivery.error;
  if (delivery.outcome != Acceptance::accepted) return ledger;
  ledger.failures = 0;
  ledger.not_before = std::min(ledger.not_before, now);
  return ledger;
}

void let_go(Ledger& ledger, SysTime now) {
  for (auto& [key, told] : ledger.told)
    if (told.ended != SysTime{} && now - told.ended >= kResolvedToldFor) told.ended = {};
}

}  // namespace mw
