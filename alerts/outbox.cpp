// Reconciling what is true with what was told.
#include "alerts/outbox.hpp"

#include <algorithm>
#include <tuple>

#include "alerts/layout.hpp"
#include "probes/digest.hpp"
#include "probes/duration.hpp"
#include "probes/formats/retry_after.hpp"

namespace mw {

namespace {

constexpr Duration kFirstRetry = std::chrono::seconds(1);
constexpr Duration kLastRetry = std::chrono::minutes(5);
constexpr Duration kRefusedRetry = std::chrono::minutes(1);
constexpr int kMostRejections = 3;
constexpr std::size_t kMostDead = 20;
constexpr std::size_t kDigestFrom = 3;  ///< fewer groups wait for their turn

// ---- news ---------------------------------------------------------------------------------------------------

bool told_by(const Alert& alert, const Receiver& receiver) {
  const auto& notify = alert.rule->notify;
  return std::find(notify.begin(), notify.end(), receiver.name) != notify.end();
}

/// What it should hear next of this alert, if anything, once that can be heard of. An episode's all-clear comes before
/// the next one's firing, and is owed only for a firing that was attempted; that a silence is over and the alert is not
/// is news; of what somebody has seen to there is no reminder.
std::optional<Owed> item_of(const AlertKey& key, const Alert& alert, const Told& told, const Receiver& receiver) {
  const bool over = alert.phase != Phase::firing || alert.episode != told.attempted;
  if (told.attempted > told.resolved && over && receiver.send_resolved)
    return Owed{key, told.attempted, false, true, told.started, std::max(alert.resolved_at, told.started)};
  if (!told_by(alert, receiver) || alert.phase != Phase::firing) return std::nullopt;
  if (alert.acknowledged && told.fired == alert.episode) return std::nullopt;
  const bool news = told.fired < alert.episode || told.hushed == alert.episode;
  return Owed{key, alert.episode, true, news, alert.fired_at, {}};
}

std::map<std::string, std::string> group_labels(const Alert& alert, const Receiver& receiver) {
  std::map<std::string, std::string> labels;
  for (const std::string& name : receiver.group_by)
    if (const auto found = alert.labels.find(name); found != alert.labels.end()) labels.insert(*found);
  return labels;
}

std::set<std::string> locked_groups(const Ledger& ledger) {
  std::set<std::string> locked;
  for (const auto& [key, parcel] : ledger.parcels) locked.insert(parcel.groups.begin(), parcel.groups.end());
  return locked;
}

// ---- time ---------------------------------------------------------------------------------------------------

std::optional<SteadyTime> after(const std::optional<SteadyTime>& time, Duration wait) {
  if (!time || wait == Duration::max()) return std::nullopt;
  return *time + wait;
}

/// When what there is to tell of a group may be told. Nothing: not ever.
std::optional<SteadyTime> due_at(const Group& group, const Outline& outline, const Receiver& receiver) {
  if (outline.items.empty()) return std::nullopt;
  if (outline.news == 0) return after(group.flushed, receiver.repeat_interval);
  if (group.free) return group.waiting;
  if (group.flushed) return after(group.flushed, receiver.group_interval);
  return after(group.waiting, outline.was_hushed ? Duration::zero() : receiver.group_wait);
}

double tokens_used(const Ledger& ledger, const Pace& pace, SteadyTime now) {
  const double refilled = seconds(now - ledger.tokens_at) / seconds(pace.each);
  return std::max(0.0, ledger.tokens_used - std::max(0.0, refilled));
}

/// When there is a token again; a little later, for tokens are counted in fractions.
SteadyTime token_at(const Ledger& ledger, const Pace& pace) {
  const double missing = ledger.tokens_used - (pace.burst - 1);
  if (missing <= 0) return ledger.tokens_at;
  const std::chrono::duration<double> refill = missing * pace.each;
  return ledger.tokens_at + std::chrono::ceil<std::chrono::microseconds>(refill) + std::chrono::microseconds(1);
}

/// The larger half is sure, the rest is spread, so that many agents do not come back at once.
Duration with_jitter(Duration wait, const std::string& seed) {
  const auto spread = std::stoul(sha256_hex(seed).substr(0, 6), nullptr, 16);
  return wait / 2 + wait / 2 * static_cast<std::int64_t>(spread) / (1 << 24);
}

Duration backoff(int failures) {
  Duration wait = kFirstRetry;
  for (int i = 1; i < failures && wait < kLastRetry; ++i) wait *= 2;
  return std::min(wait, kLastRetry);
}

/// What it asks for is waited, but who asks for a second each time is not asked every second.
Duration wait_after(const Ledger& ledger, const Parcel& parcel, const Delivery& delivery) {
  const Duration asked = std::min(delivery.retry_after.value_or(Duration::zero()), kLongestRetryAfter);
  const Duration least = std::max(asked, delivery.outcome == Acceptance::refused ? kRefusedRetry : Duration::zero());
  const std::string seed = parcel.message.id + std::to_string(ledger.failures);
  return std::max(with_jitter(std::min(2 * backoff(ledger.failures), kLastRetry), seed), least);
}

// ---- choosing -----------------------------------------------------------------------------------------------

Batch batch_of_group(const std::string& key, const Outline& outline) {
  Batch batch{key, outline.labels, {key}, outline.items, MessageKind::news, outline.catches_up};
  if (outline.news == 0) batch.kind = MessageKind::reminder;
  return batch;
}

/// Nothing: a message of it is under way, or it is not ever.
std::optional<SteadyTime> due_at(const Ledger& ledger, const std::set<std::string>& locked,
                                 const Outlook::value_type& entry, const Receiver& receiver) {
  const auto group = ledger.groups.find(entry.first);
  if (group == ledger.groups.end() || locked.contains(entry.first)) return std::nullopt;
  return due_at(group->second, entry.second, receiver);
}

using Due = std::vector<Outlook::const_pointer>;

/// Reminders wait for their turn.
Batch digest_of(const Due& due) {
  Batch digest;
  digest.group = kDigest;
  for (const auto* entry : due) {
    const auto& [key, outline] = *entry;
    if (outline.news == 0) continue;
    digest.groups.push_back(key);
    digest.catches_up |= outline.catches_up;
    for (const Owed& item : outline.items)
      if (item.news) digest.items.push_back(item);
  }
  return digest;
}

/// What fires first; else in the order of the alerts.
void sort_items(Batch& batch) {
  std::stable_sort(batch.items.begin(), batch.items.end(), [](const Owed& a, const Owed& b) {
    return std::pair(!a.firing, !a.news) < std::pair(!b.firing, !b.news);
  });
}

/// For who forgets: the rest of the news follows, and what goes on is not told here.
void keep_news(Batch& batch, std::size_t most) {
  std::erase_if(batch.items, [](const Owed& item) { return !item.news; });
  if (batch.items.size() > most) batch.items.resize(most);
}

Due due_groups(const Ledger& ledger, const Outlook& outlook, const Receiver& receiver, SteadyTime now) {
  const std::set<std::string> locked = locked_groups(ledger);
  Due due;
  for (const auto& entry : outlook) {
    const auto at = due_at(ledger, locked, entry, receiver);
    if (at && *at <= now) due.push_back(&entry);
  }
  return due;
}

std::optional<Batch> next_batch(const Ledger& ledger, const Outlook& outlook, const Receiver& receiver,
                                SteadyTime now) {
  const Due due = due_groups(ledger, outlook, receiver, now);
  if (due.empty()) return std::nullopt;
  const auto waiting = [&](const auto* entry) { return ledger.groups.at(entry->first).waiting.value_or(now); };
  const auto* waited_longest =
      *std::min_element(due.begin(), due.end(), [&](const auto* a, const auto* b) { return waiting(a) < waiting(b); });
  const ReceiverKind& kind = *find_receiver_kind(receiver.kind);
  const auto news = std::count_if(due.begin(), due.end(), [](const auto* entry) { return entry->second.news > 0; });
  const bool crowded = static_cast<double>(news) > kind.pace.burst - tokens_used(ledger, kind.pace, now);
  const bool one_under_way = ledger.parcels.contains(kDigest);
  const bool digest = kind.digests && crowded && !one_under_way && news >= static_cast<std::ptrdiff_t>(kDigestFrom);
  Batch batch = digest ? digest_of(due) : batch_of_group(waited_longest->first, waited_longest->second);
  sort_items(batch);
  if (kind.resend != nullptr) keep_news(batch, kind.most_notices);
  return batch;
}

/// The one that has waited longest for another attempt.
std::optional<std::string> next_parcel(const Ledger& ledger) {
  const auto turn = [](const auto& entry) {
    const Parcel& parcel = entry.second;
    return std::tuple(parcel.silenced, parcel.tried, parcel.message.sequence);
  };
  const auto next = std::min_element(ledger.parcels.begin(), ledger.parcels.end(),
                                     [&](const auto& a, const auto& b) { return turn(a) < turn(b); });
  if (next == ledger.parcels.end() || next->second.silenced) return std::nullopt;
  return next->first;
}

void bury(Ledger& ledger, const Parcel& parcel, const Delivery& delivery, SysTime at) {
  ++ledger.tally.buried;
  ledger.dead.push_back({parcel.message.id, at, delivery.error, headline(parcel.message)});
  if (ledger.dead.size() > kMostDead) ledger.dead.pop_front();
}

void mark_told(Ledger& ledger, const Parcel& parcel) {
  for (const Owed& item : parcel.items) {
    Told& told = ledger.told[item.key];
    std::uint64_t& last = item.firing ? told.fired : told.resolved;
    last = std::max(last, item.episode);
    if (item.firing && told.hushed == item.episode) told.hushed = 0;
    if (!item.firing) told.ended = item.ends_at;
  }
}

}  // namespace

Outlook look_out(const Ledger& ledger, const Alerts& alerts, const Receiver& receiver) {
  Outlook all;
  for (const auto& [key, alert] : alerts) {
    const auto found = ledger.told.find(key);
    const Told told = found == ledger.told.end() ? Told{} : found->second;
    auto item = item_of(key, alert, told, receiver);
    if (!item || (!alert.heard() && item->episode > told.attempted)) continue;
    auto labels = group_labels(alert, receiver);
    Outline& outline = all[group_key(labels)];
    outline.labels = std::move(labels);
    if (!alert.heard()) continue;
    outline.news += item->news ? 1 : 0;
    outline.catches_up |= !item->firing && alert.phase == Phase::firing;
    outline.was_hushed |= item->firing && told.hushed == item->episode;
    outline.items.push_back(std::move(*item));
  }
  return all;
}

Ledger held_back(Ledger ledger, const Alerts& alerts, const Receiver& receiver) {
  const auto is_silenced = [&](const Owed& item) {
    const auto found = alerts.find(item.key);
    return found != alerts.end() && !found->second.silenced_by.empty();
  };
  for (auto& [key, parcel] : ledger.parcels)
    parcel.silenced = std::all_of(parcel.items.begin(), parcel.items.end(), is_silenced);
  for (const auto& [key, alert] : alerts)
    if (alert.phase == Phase::firing && !alert.silenced_by.empty() && told_by(alert, receiver))
      ledger.told[key].hushed = alert.episode;
  return ledger;
}

Ledger noted(Ledger ledger, const Outlook& outlook, SteadyTime now) {
  const std::set<std::string> locked = locked_groups(ledger);
  std::erase_if(ledger.groups,
                [&](const auto& entry) { return !outlook.contains(entry.first) && !locked.contains(entry.first); });
  for (const auto& [key, outline] : outlook) {
    Group& group = ledger.groups[key];
    if (outline.news == 0) group.waiting.reset();
    if (outline.news > 0 && !group.waiting) group.waiting = now;
  }
  return ledger;
}

std::optional<NextStep> next_step(const Ledger& ledger, const Outlook& outlook, const Receiver& receiver,
                                  SteadyTime now) {
  const Pace& pace = find_receiver_kind(receiver.kind)->pace;
  if (ledger.not_before > now || tokens_used(ledger, pace, now) > pace.burst - 1) return std::nullopt;
  const std::optional<std::string> parcel = next_parcel(ledger);
  // While the endpoint fails, one message that it may take is worth more than the order of groups.
  if (parcel && (ledger.parcels.at(*parcel).attempts == 0 || ledger.failures % 2 == 1)) return NextStep{*parcel, {}};
  if (auto batch = next_batch(ledger, outlook, receiver, now)) return NextStep{"", std::move(*batch)};
  if (parcel) return NextStep{*parcel, {}};
  return std::nullopt;
}

std::optional<SteadyTime> next_time(const Ledger& ledger, const Outlook& outlook, const Receiver& receiver) {
  const std::set<std::string> locked = locked_groups(ledger);
  std::optional<SteadyTime> first;
  if (next_parcel(ledger)) first = SteadyTime::min();
  for (const auto& entry : outlook)
    if (const auto at = due_at(ledger, locked, entry, receiver)) first = std::min(first.value_or(*at), *at);
  if (!first) return std::nullopt;
  return std::max({*first, ledger.not_before, token_at(ledger, find_receiver_kind(receiver.kind)->pace)});
}

std::size_t count_owed(const Outlook& outlook) {
  std::size_t count = 0;
  for (const auto& [key, outline] : outlook) count += outline.news;
  return count;
}

Batch batch_of(const std::string& group, const Parcel& parcel) {
  return {group, parcel.labels, parcel.groups, parcel.items, parcel.message.kind, false};
}

std::uint64_t next_sequence(const Ledger& ledger) { return ledger.sequence + 1; }

std::string message_id(const std::string& agent, const std::string& receiver, std::uint64_t sequence, SysTime made) {
  const std::string number = std::to_string(sequence) + "\n" + std::to_string(made.time_since_epoch().count());
  return sha256_hex(agent + "\n" + receiver + "\n" + number).substr(0, 32);
}

Ledger packed(Ledger ledger, const Batch& batch, Message message, SteadyTime now) {
  ledger.sequence = message.sequence;
  ++ledger.tally.made;
  for (const std::string& key : batch.groups) {
    Group& group = ledger.groups[key];
    group = {std::nullopt, now, batch.catches_up};
  }
  for (const Owed& item : batch.items) {
    if (!item.firing) continue;
    Told& told = ledger.told[item.key];
    told.attempted = item.episode;
    told.started = item.starts_at;
  }
  ledger.parcels[batch.group] = {std::move(message), batch.labels, batch.groups, batch.items, 0, {}, false};
  return ledger;
}

Ledger attempted(Ledger ledger, const std::string& parcel, const Receiver& receiver, SteadyTime now) {
  const Pace& pace = find_receiver_kind(receiver.kind)->pace;
  ledger.tokens_used = tokens_used(ledger, pace, now) + 1;
  ledger.tokens_at = now;
  Parcel& sent = ledger.parcels.at(parcel);
  ++sent.attempts;
  sent.tried = now;
  return ledger;
}

Ledger settled(Ledger ledger, const std::string& parcel, const Delivery& delivery, Instant now) {
  const auto found = ledger.parcels.find(parcel);
  if (found == ledger.parcels.end()) return ledger;
  const bool hopeless = delivery.outcome == Acceptance::rejected && found->second.attempts >= kMostRejections;
  if (hopeless) bury(ledger, found->second, delivery, now.wall);
  if (delivery.outcome == Acceptance::accepted) ++ledger.tally.accepted;
  if (delivery.outcome == Acceptance::accepted || hopeless) {
    mark_told(ledger, found->second);
    ledger.parcels.erase(found);
    ledger.failures = 0;
    ledger.not_before = now.steady;
    ledger.last_error = hopeless ? delivery.error : "";
    return ledger;
  }
  ++ledger.failures;
  ledger.not_before = now.steady + wait_after(ledger, found->second, delivery);
  ledger.last_error = delivery.error;
  return ledger;
}

Ledger dropped(Ledger ledger, const std::string& parcel) {
  ledger.tally.dropped += ledger.parcels.erase(parcel);
  return ledger;
}

Ledger given_up(Ledger ledger) {
  ledger.tally.dropped += ledger.parcels.size();
  ledger.parcels.clear();
  return ledger;
}

void forget_finished(Alerts& alerts, Outbox& outbox, const std::vector<Receiver>& receivers) {
  std::set<AlertKey> kept;  // what is in an unsettled message: once that is settled, its episode is what was told
  for (const auto& [name, ledger] : outbox)
    for (const auto& [group, parcel] : ledger.parcels)
      for (const Owed& item : parcel.items) kept.insert(item.key);
  const auto is_owed = [&](const AlertKey& key, const Alert& alert) {
    return std::any_of(receivers.begin(), receivers.end(), [&](const Receiver& receiver) {
      const Ledger& ledger = outbox[receiver.name];
      const auto found = ledger.told.find(key);
      if (found == ledger.told.end() || alert.phase == Phase::firing) return false;
      const Told& told = found->second;
      const bool retold = forgets(receiver) && told.ended != SysTime{};
      return receiver.send_resolved && (retold || told.attempted > told.resolved);
    });
  };
  std::erase_if(alerts, [&](const auto& entry) {
    return entry.second.phase == Phase::inactive && !kept.contains(entry.first) && !is_owed(entry.first, entry.second);
  });
  for (auto& [name, ledger] : outbox)
    std::erase_if(ledger.told, [&](const auto& entry) { return !alerts.contains(entry.first); });
}

}  // namespace mw
