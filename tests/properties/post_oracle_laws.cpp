// The laws of attempts, their outcomes, crashes, and of what the other side has in the end.
#include <algorithm>

#include "tests/properties/post_oracle.hpp"

namespace mw::property {

namespace {

using namespace std::chrono_literals;

/// Times are written to the second.
constexpr Duration kRounding = 1s;
/// Tokens are counted in fractions.
constexpr Duration kFraction = 10us;

std::string at(int receiver) { return " (receiver " + std::to_string(receiver) + ")"; }

}  // namespace

/// As many attempts as the kind's pace lets through at once are free; one more each time that a token's time passes:
/// that many, since any of the attempts.
bool PostOracle::has_tokens(int receiver, SteadyTime now) const {
  const Pace& pace = find_receiver_kind(setup_.receiver[static_cast<std::size_t>(receiver)].kind)->pace;
  const std::vector<SteadyTime>& attempts = outside_[static_cast<std::size_t>(receiver)].attempts;
  for (std::size_t i = attempts.size(); i-- > 0 && attempts.size() - i < 200;) {
    const auto since_then = static_cast<std::int64_t>(attempts.size() - i);
    if ((since_then - (pace.burst - 1)) * pace.each > now - attempts[i] - kFraction) return false;
  }
  return true;
}

bool PostOracle::may_attempt(int receiver, SteadyTime now) const {
  return now >= outside_[static_cast<std::size_t>(receiver)].latest && has_tokens(receiver, now);
}

int PostOracle::find_pending(int receiver, const std::string& parcel) const {
  const Knowledge& known = known_[static_cast<std::size_t>(receiver)];
  for (std::size_t i = 0; i < static_cast<std::size_t>(known.pending_count); ++i)
    if (made_[static_cast<std::size_t>(known.pending[i])].parcel == parcel) return known.pending[i];
  return -1;
}

void PostOracle::drop_pending(int receiver, int message) {
  Knowledge& known = known_[static_cast<std::size_t>(receiver)];
  auto* const end = known.pending.data() + known.pending_count;
  known.pending_count = static_cast<int>(std::remove(known.pending.data(), end, message) - known.pending.data());
}

Broken PostOracle::attempted(int receiver, const std::string& parcel, const Parcel& said, SteadyTime now) {
  Outside& outside = outside_[static_cast<std::size_t>(receiver)];
  const int message = find_pending(receiver, parcel);
  if (message < 0) return "I2 a message that was never made" + at(receiver);
  Made& made = made_[static_cast<std::size_t>(message)];
  if (said.message.id != made.id || said.items != made.owed)
    return "I2 a message changed between two attempts" + at(receiver);
  if (all_silenced(made)) return "I11 told in spite of a silence" + at(receiver);
  if (now < outside.earliest) return "I23 tried again too early" + at(receiver);
  const Pace& pace = find_receiver_kind(setup_.receiver[static_cast<std::size_t>(receiver)].kind)->pace;
  const std::size_t count = outside.attempts.size();
  const auto burst = static_cast<std::size_t>(pace.burst);
  for (std::size_t back = burst; back <= count && back < 2 * burst; ++back) {
    const Duration window = now - outside.attempts[count - back];
    if (window + 1us < static_cast<int>(back + 1 - burst) * pace.each)
      return "I10 faster than the receiver's pace" + at(receiver);
  }
  outside.attempts.push_back(now);
  if (!outside.asked_to_wait) outside.failed.push_back(now);
  const auto lately =
      std::count_if(outside.failed.begin(), outside.failed.end(), [&](SteadyTime each) { return each > now - 10min; });
  if (lately > 25) return "I23 more than 25 attempts in ten minutes" + at(receiver);
  ++made.attempts;
  return {};
}

Broken PostOracle::check_reception(int receiver, const Made& made, int message) {
  Outside& outside = outside_[static_cast<std::size_t>(receiver)];
  if (made.receptions > 1 + made.excuses) return "I2 received once more than any fault explains" + at(receiver);
  for (const Made::Item& item : made.items) {
    const auto index = static_cast<std::size_t>(item.alert);
    int& newest = outside.newest[index];
    const std::string who = alert_text(item.alert) + at(receiver);
    if (!outside.tainted[index]) {
      if (newest > message + 1) return "I3 an older message after a newer one: " + who;
      if (newest > 0 && newest <= message && made_[static_cast<std::size_t>(newest - 1)].sequence >= made.sequence)
        return "I3 sequence numbers do not increase: " + who;
      if (!item.firing && outside.serial[index] != item.serial) return "I4 the end of what it never heard of: " + who;
      if (item.firing && outside.firing[index] && outside.serial[index] != item.serial &&
          setup_.receiver[static_cast<std::size_t>(receiver)].send_resolved)
        return "I4 a firing after a firing: " + who;
    }
    newest = message + 1;
    if (item.firing && item.serial > outside.serial[index]) outside.tainted[index] = false;  // both know the same again
    outside.serial[index] = item.serial;
    outside.firing[index] = item.firing;
  }
  return {};
}

Broken PostOracle::received(int receiver, const std::string& id) {
  for (std::size_t i = made_.size(); i-- > 0;) {
    if (made_[i].id != id || made_[i].receiver != receiver) continue;
    ++made_[i].receptions;
    return check_reception(receiver, made_[i], static_cast<int>(i));
  }
  return "I2 received what was never made" + at(receiver);
}

/// 1 s doubling to 5 min with jitter, and no less than Retry-After up to 1 h; at least a minute where somebody has to
/// repair it.
void PostOracle::set_retry(int receiver, const Delivery& delivery, SteadyTime now) {
  Outside& outside = outside_[static_cast<std::size_t>(receiver)];
  ++outside.failures;
  const Duration base = std::min<Duration>(1s * (1 << std::min(outside.failures - 1, 10)), 150s);
  outside.earliest = now + base;
  outside.latest = now + 2 * base;
  if (delivery.outcome == Acceptance::refused) {
    outside.earliest = now + std::max<Duration>(base, 60s);
    outside.latest = now + 5min;
  }
  outside.asked_to_wait = delivery.retry_after.has_value();
  if (delivery.retry_after) {
    outside.earliest = std::max(outside.earliest, now + std::min<Duration>(*delivery.retry_after, 1h));
    outside.latest = std::max(outside.earliest, outside.latest);
  }
}

/// A dead letter: nothing to be tried again.
void PostOracle::bury(int receiver, int message, SteadyTime now) {
  Outside& outside = outside_[static_cast<std::size_t>(receiver)];
  outside.failures = 0;
  outside.failed.clear();
  outside.earliest = outside.latest = now;
  ++known_[static_cast<std::size_t>(receiver)].buried;
  drop_pending(receiver, message);
}

Broken PostOracle::check_retry(int receiver, const Delivery& delivery, const Ledger& after, Clocks now) const {
  const Outside& outside = outside_[static_cast<std::size_t>(receiver)];
  const SteadyTime not_before = after.not_before + base_;
  if (delivery.outcome == Acceptance::accepted) {
    if (not_before > now.real || after.failures != 0) return "I23 a success does not reset" + at(receiver);
    return {};
  }
  if (not_before < outside.earliest && outside.earliest > now.real) return "I23 a retry too early" + at(receiver);
  if (not_before > outside.latest) return "I23 a retry too late" + at(receiver);
  return {};
}

/// I24: what was made is accepted, buried, pending or, after a crash, without words.
Broken PostOracle::check_conserved(int receiver, const Ledger& after) const {
  const Knowledge& known = known_[static_cast<std::size_t>(receiver)];
  const std::size_t ended = known.accepted + known.buried + known.wordless;
  if (after.parcels.size() != static_cast<std::size_t>(known.pending_count))
    return "I24 a message got lost" + at(receiver);
  if (known.made != ended + after.parcels.size()) return "I24 messages do not add up" + at(receiver);
  return {};
}

/// Whoever took it knows that those fire which it says so of, for whatever silence it had to wait.
void PostOracle::heard_of(int receiver, const Made& made) {
  for (const Made::Item& item : made.items) {
    Heard& heard = known_[static_cast<std::size_t>(receiver)].heard[static_cast<std::size_t>(item.alert)];
    if (item.firing && heard.hushed == item.serial) heard.hushed = 0;
  }
}

Broken PostOracle::settled(int receiver, const std::string& parcel, const Delivery& delivery, const Ledger& after,
                           Clocks now) {
  Knowledge& known = known_[static_cast<std::size_t>(receiver)];
  Outside& outside = outside_[static_cast<std::size_t>(receiver)];
  const int message = find_pending(receiver, parcel);
  if (message < 0) return {};  // the receiver was taken away meanwhile
  Made& made = made_[static_cast<std::size_t>(message)];
  if (delivery.outcome == Acceptance::accepted) {
    outside.failures = 0;
    outside.earliest = outside.latest = {};
    outside.failed.clear();
    outside.asked_to_wait = false;
    ++known.accepted;
    heard_of(receiver, made);
    drop_pending(receiver, message);
  } else {
    if (made.receptions > made.excuses) ++made.excuses;
    if (delivery.outcome == Acceptance::rejected) ++made.rejections;
    set_retry(receiver, delivery, now.real);
    const bool buried = !after.parcels.contains(parcel);
    const bool may_be = delivery.outcome == Acceptance::rejected && made.attempts >= 3;
    if (buried && !may_be) return "I23 a message was dropped" + at(receiver);
    if (!buried && made.rejections >= 3 && delivery.outcome == Acceptance::rejected)
      return "I23 rejected for ever" + at(receiver);
    if (buried) heard_of(receiver, made);
    if (buried) bury(receiver, message, now.real);
  }
  if (Broken broken = check_retry(receiver, delivery, after, now)) return broken;
  return check_conserved(receiver, after);
}

void PostOracle::wordless(int receiver, const std::string& parcel) {
  const int message = find_pending(receiver, parcel);
  if (message < 0) return;
  ++known_[static_cast<std::size_t>(receiver)].wordless;
  for (const Made::Item& item : made_[static_cast<std::size_t>(message)].items)
    known_[static_cast<std::size_t>(receiver)].heard[static_cast<std::size_t>(item.alert)] = {};
  drop_pending(receiver, message);
}

/// What was sent and not written down is tainted: whoever heard it knows more than we remember.
void PostOracle::taint(int receiver, const Knowledge& disk) {
  Outside& outside = outside_[static_cast<std::size_t>(receiver)];
  for (std::size_t a = 0; a < kAlerts; ++a) {
    const Heard& heard = disk.heard[a];
    const bool beginning_forgotten = outside.serial[a] > heard.serial;
    const bool end_forgotten =
        !outside.firing[a] && outside.serial[a] != 0 && outside.serial[a] == heard.serial && !heard.over;
    if (beginning_forgotten || end_forgotten) outside.tainted[a] = true;
    const int newest = outside.newest[a];
    if (newest > 0 && made_[static_cast<std::size_t>(newest - 1)].sequence > disk.sequence) outside.newest[a] = 0;
  }
}

/// Of the groups, only when their last message was made is kept, on the wall clock.
void PostOracle::restore_groups(Knowledge& known, SteadyTime now) const {
  for (Group& group : known.groups) {
    group.waits = false;
    group.earliest -= kRounding;
    group.latest += kRounding;
    if (!group.flushed || jumps_ == 0) continue;
    group.earliest -= forward_ - group.jumps;
    group.latest = now;
    group.jumps = forward_;
  }
}

Broken PostOracle::restored(const All& on_disk, Duration base, SteadyTime now, const Outbox& said) {
  base_ = base;
  for (std::size_t r = 0; r < kReceivers; ++r) {
    Outside& outside = outside_[r];
    taint(static_cast<int>(r), on_disk[r]);
    outside.attempts.clear();
    outside.failed.clear();
    outside.asked_to_wait = false;
    outside.failures = 0;
    outside.earliest = outside.latest = {};
    known_[r] = on_disk[r];
    for (std::size_t i = 0; i < static_cast<std::size_t>(known_[r].pending_count); ++i) {
      Made& made = made_[static_cast<std::size_t>(known_[r].pending[i])];
      if (made.receptions > made.excuses) ++made.excuses;
      made.rejections = 0;  // those of this life may be forgotten
    }
    restore_groups(known_[r], now);
    const auto ledger = said.find("r" + std::to_string(r));
    const Ledger kept = ledger == said.end() ? Ledger{} : ledger->second;
    if (kept.parcels.size() != static_cast<std::size_t>(known_[r].pending_count))
      return "I6 a message was lost with the process" + at(static_cast<int>(r));
    if (kept.sequence != known_[r].sequence)
      return "I6 the number of the last message was lost" + at(static_cast<int>(r));
  }
  return {};
}

Broken PostOracle::check_all_told(const Wiring& wiring, SteadyTime now) const {
  for (int r = 0; r < kReceivers; ++r) {
    const auto index = static_cast<std::size_t>(r);
    if (!wiring.receiver[index]) continue;
    for (int alert = 0; alert < kAlerts; ++alert) {
      const auto a = static_cast<std::size_t>(alert);
      const Known& truth = alerts_.knowledge()[a];
      const Outside& outside = outside_[index];
      const bool news = now - truth.changed < 1'000s;  // may still be on its way
      if (!truth.heard() || outside.tainted[a] || news) continue;
      const bool concerned =
          (wiring.rules[static_cast<std::size_t>(alert / kSubjects)].notify >> static_cast<unsigned>(r) & 1U) != 0;
      const bool hears = outside.serial[a] != 0 && outside.firing[a];
      if (truth.phase == Phase::firing && concerned && !(hears && outside.serial[a] == truth.serial))
        return "I1 nobody was told that " + alert_text(alert) + " fires" + at(r);
      const bool its_own = truth.phase == Phase::firing && outside.serial[a] == truth.serial;
      if (hears && !its_own && setup_.receiver[index].send_resolved)
        return "I1 nobody was told that " + alert_text(alert) + " is over" + at(r);
    }
  }
  return {};
}

/// I17: no more than one message per group, what is told of each alert, and twenty dead letters.
Broken PostOracle::check_bounds(const Outbox& outbox) const {
  for (const auto& [name, ledger] : outbox) {
    if (ledger.told.size() > kAlerts || ledger.parcels.size() > kPending || ledger.groups.size() > kPending ||
        ledger.dead.size() > 20)
      return "I17 the ledger of " + name + " grows";
  }
  return {};
}

}  // namespace mw::property
