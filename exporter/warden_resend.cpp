// Telling again, round after round, what a receiver would forget. News goes first, and nothing of this is written to
// disk.
#include <algorithm>

#include "exporter/warden.hpp"

namespace mw {

/// A message such a receiver did not take is not kept as it was made: the next one says what is so then. And it is
/// tried in each round, however long the pauses have become.
void Warden::keep_round(const Receiver& receiver, Ledger& ledger) {
  Round& round = rounds_[receiver.name];
  const bool went_on = round.under_way;
  ledger = given_up(std::move(ledger));
  round = continued(std::move(round), receiver, net_.now());
  if (round.under_way && !went_on) ledger.not_before = std::min(ledger.not_before, net_.now());
}

/// After news, of which there is none now.
void Warden::pump_round(const Receiver& receiver) {
  if (!forgets(receiver)) return;
  Round& round = rounds_[receiver.name];
  Batch batch = next_resend(round, owing_.outbox[receiver.name], owing_.alerts, receiver);
  if (batch.items.empty()) {
    round.under_way = false;
    return arm_round(receiver);
  }
  Message message = compose_message(batch, owing_.alerts, receiver, scene());
  delivering_.insert(receiver.name);
  spawn(resend(receiver, std::move(batch), std::move(message)), "telling " + receiver.name + " again");
}

/// Rules may be evaluated more seldom than what is told has to be told again.
void Warden::arm_round(const Receiver& receiver) {
  if (owing_.outbox[receiver.name].told.empty() || !rounds_armed_.insert(receiver.name).second) return;
  spawn(round_later(receiver.name, next_round(rounds_[receiver.name], receiver)), "the rounds of " + receiver.name);
}

Task<void> Warden::round_later(std::string receiver, SteadyTime at) {
  co_await net_.sleep(at - net_.now());
  rounds_armed_.erase(receiver);
  wake_receiver(receiver);
}

Task<void> Warden::resend(Receiver receiver, Batch batch, Message message) {
  Task<Answered> trying = try_once(receiver, std::move(message));
  const Answered answered = co_await std::move(trying);
  const Delivery delivery = delivery_of(receiver, answered);
  events_.resent(receiver.name, batch.items.size(), delivery);
  delivering_.erase(receiver.name);
  Ledger& ledger = owing_.outbox[receiver.name];
  ledger = heard_from(std::move(ledger), delivery, net_.now());
  Round& round = rounds_[receiver.name];
  round = advanced(std::move(round), batch, delivery);
  wake_receiver(receiver.name);
}

}  // namespace mw
