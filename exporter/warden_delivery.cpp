// Delivery: at most one request under way per receiver, never from inside a check.
#include "alerts/compose.hpp"
#include "exporter/warden.hpp"

namespace mw {

namespace {

constexpr Duration kLongestSave = std::chrono::seconds(5);
constexpr Duration kSavePoll = std::chrono::milliseconds(10);

}  // namespace

void Warden::wake_receiver(const std::string& name) {
  for (const Receiver& receiver : config_->receivers)
    if (receiver.name == name) pump_delivery(receiver);
}

void Warden::pump_delivery(const Receiver& receiver) {
  if (stopped_ || delivering_.contains(receiver.name)) return;
  Ledger& ledger = owing_.outbox[receiver.name];
  if (forgets(receiver)) keep_round(receiver, ledger);
  const Outlook outlook = look_out(ledger, owing_.alerts, receiver);
  ledger = held_back(std::move(ledger), owing_.alerts, receiver);
  ledger = noted(std::move(ledger), outlook, net_.now());
  owed_[receiver.name] = count_owed(outlook);
  const auto next = next_step(ledger, outlook, receiver, net_.now());
  if (!next) {
    arm_delivery(receiver, next_time(ledger, outlook, receiver));
    return pump_round(receiver);
  }
  const std::string parcel = next->parcel.empty() ? make_parcel(receiver, next->batch) : next->parcel;
  ledger = attempted(std::move(ledger), parcel, receiver, net_.now());
  delivering_.insert(receiver.name);
  spawn(deliver(receiver, parcel, saves_begun_ + 1), "delivery to " + receiver.name);
}

std::string Warden::make_parcel(const Receiver& receiver, const Batch& batch) {
  Ledger& ledger = owing_.outbox[receiver.name];
  Message message = compose_message(batch, owing_.alerts, receiver, scene());
  message.sequence = next_sequence(ledger);
  message.id = message_id(identity_, receiver.name, message.sequence, net_.wall());
  ledger = packed(std::move(ledger), batch, std::move(message), net_.now());
  return batch.group;
}

Scene Warden::scene() const {
  Scene made = make_scene(*snapshot_, net_.wall());
  made.external_url = config_->agent.external_url;
  made.vantage = config_->agent.vantage;
  return made;
}

/// Whether there is something to say. After a restart a parcel has no words, and they are found again; when nothing is
/// known of its alerts any more, or a reload took the receiver away, there are none.
bool Warden::has_words(const Receiver& receiver, const std::string& parcel) {
  auto& parcels = owing_.outbox[receiver.name].parcels;
  const auto found = parcels.find(parcel);
  if (found == parcels.end()) return false;
  Message& known = found->second.message;
  if (known.notices.empty()) {
    Message again = compose_message(batch_of(parcel, found->second), owing_.alerts, receiver, scene());
    again.sequence = known.sequence;
    again.id = known.id;
    known = std::move(again);
  }
  if (!known.notices.empty()) return true;
  events_.dropped(receiver.name, known.id);
  Ledger& ledger = owing_.outbox[receiver.name];
  ledger = dropped(std::move(ledger), parcel);
  return false;
}

/// Until that save has ended, well or badly; a disk that hangs holds a notice up for no longer than kLongestSave.
Task<void> Warden::made_durable(std::uint64_t wanted) {
  if (!state_) co_return;
  const SteadyTime deadline = net_.now() + kLongestSave;
  while (saves_ended_ < wanted && net_.now() < deadline) {
    save();
    if (saves_ended_ < wanted) co_await net_.sleep(kSavePoll);
  }
}

/// What goes wrong in here must not keep the receiver busy for ever.
Task<Answered> Warden::try_once(Receiver receiver, Message message) {
  Answered answered = Failure{Layer::content, Reason::local_resource, "internal error"};
  try {
    Outgoing outgoing = find_receiver_kind(receiver.kind)->render(receiver, message, net_.wall());
    Task<Answered> sending = send(net_, receiver, std::move(outgoing), user_agent_);
    answered = co_await std::move(sending);
  } catch (const std::exception& error) {
    events_.coroutine_died("delivery to " + receiver.name + ": " + error.what());
  }
  co_return answered;
}

/// What was made is on disk before anybody hears of it: after a crash it is sent again under the same id.
Task<void> Warden::deliver(Receiver receiver, std::string parcel, std::uint64_t wanted) {
  co_await made_durable(wanted);
  if (!has_words(receiver, parcel)) {
    delivering_.erase(receiver.name);
    wake_receiver(receiver.name);
    co_return;
  }
  Task<Answered> trying = try_once(receiver, owing_.outbox[receiver.name].parcels.at(parcel).message);
  const Answered answered = co_await std::move(trying);
  take_delivery(receiver, parcel, delivery_of(receiver, answered));
}

void Warden::take_delivery(const Receiver& receiver, const std::string& parcel, const Delivery& delivery) {
  delivering_.erase(receiver.name);
  Ledger& ledger = owing_.outbox[receiver.name];
  if (const auto sent = ledger.parcels.find(parcel); sent != ledger.parcels.end())
    events_.delivered(receiver.name, sent->second, delivery);
  ledger = settled(std::move(ledger), parcel, delivery, {net_.now(), net_.wall()});
  if (ledger.failures == 0) refuses_since_.erase(receiver.name);
  if (ledger.failures > 0) refuses_since_.try_emplace(receiver.name, net_.now());
  save();
  wake_receiver(receiver.name);
}

/// Each evaluation is an occasion to tell something; what falls due before the next one has an occasion of its own, so
/// that nobody's times hang on what else there was to do.
void Warden::arm_delivery(const Receiver& receiver, std::optional<SteadyTime> due) {
  if (!due || *due - net_.now() >= config_->agent.evaluation_interval) return;
  if (!wake_ups_.emplace(receiver.name, *due).second) return;
  spawn(deliver_later(receiver.name, *due), "delivery to " + receiver.name);
}

Task<void> Warden::deliver_later(std::string receiver, SteadyTime at) {
  co_await net_.sleep(at - net_.now());
  wake_ups_.erase({receiver, at});
  wake_receiver(receiver);
}

}  // namespace mw
