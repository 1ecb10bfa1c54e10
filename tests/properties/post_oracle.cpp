// The receivers' oracle: see post_oracle.hpp. The laws of an attempt and its outcome are in post_oracle_laws.cpp.
#include "tests/properties/post_oracle.hpp"

#include <algorithm>
#include <bit>

namespace mw::property {

namespace {

std::string at(int receiver) { return " (receiver " + std::to_string(receiver) + ")"; }

bool concerns(const RuleSetup& rule, int receiver, const Wiring& wiring) {
  const bool named = (rule.notify >> static_cast<unsigned>(receiver) & 1U) != 0;
  return named && wiring.receiver[static_cast<std::size_t>(receiver)];
}

std::uint64_t bit(int number) { return std::uint64_t{1} << static_cast<unsigned>(number); }

}  // namespace

void PostOracle::jumped(Duration by) {
  if (by > Duration{}) forward_ += by;
  ++jumps_;
}

void PostOracle::forget(int receiver) {
  Knowledge& known = known_[static_cast<std::size_t>(receiver)];
  Outside& outside = outside_[static_cast<std::size_t>(receiver)];
  for (int i = 0; i < known.pending_count; ++i)
    ++made_[static_cast<std::size_t>(known.pending[static_cast<std::size_t>(i)])].excuses;
  known = {};
  outside.tainted.fill(true);
  outside.newest.fill(0);
  outside.failures = 0;
  outside.earliest = outside.latest = {};
  outside.failed.clear();
}

int PostOracle::group_of(int receiver, int alert) const {
  const ReceiverSetup& setup = setup_.receiver[static_cast<std::size_t>(receiver)];
  const int subject = alert % kSubjects;
  const int by_alert = setup.by_alert ? alert / kSubjects + 1 : 0;
  const int by_mirror = setup.by_mirror && subject < kMirrors ? subject + 1 : 0;
  const int by_pool = setup.by_pool && subject == kAgentSubject ? 1 : 0;
  return (by_alert * (kMirrors + 1) + by_mirror) * 2 + by_pool;
}

/// What is to be put into a message next. An end comes before another beginning; that it fires on after a silence is
/// news as well.
PostOracle::News PostOracle::news_of(int receiver, int alert, const Wiring& wiring) const {
  const Known& truth = alerts_.knowledge()[static_cast<std::size_t>(alert)];
  const Heard& heard = known_[static_cast<std::size_t>(receiver)].heard[static_cast<std::size_t>(alert)];
  if (!truth.heard()) return News::none;
  const bool goes_on = truth.phase == Phase::firing && truth.serial == heard.serial;
  const bool end_owed = heard.serial != 0 && !heard.over && !goes_on;
  if (end_owed && setup_.receiver[static_cast<std::size_t>(receiver)].send_resolved) return News::over;
  const RuleSetup& rule = wiring.rules[static_cast<std::size_t>(alert / kSubjects)];
  const bool concerned = concerns(rule, receiver, wiring);
  const bool was_hushed = heard.hushed == truth.serial;
  if (truth.phase == Phase::firing && (!goes_on || was_hushed) && concerned) return News::firing;
  return News::none;
}

bool PostOracle::goes_on(int receiver, int alert, const Wiring& wiring) const {
  const Known& truth = alerts_.knowledge()[static_cast<std::size_t>(alert)];
  const Heard& heard = known_[static_cast<std::size_t>(receiver)].heard[static_cast<std::size_t>(alert)];
  const RuleSetup& rule = wiring.rules[static_cast<std::size_t>(alert / kSubjects)];
  const bool concerned = concerns(rule, receiver, wiring);
  const bool known = truth.serial == heard.serial && heard.hushed != truth.serial;
  return truth.phase == Phase::firing && known && truth.heard() && concerned;
}

/// It was told of it and not yet of its end, whether or not there is anything to hear for now.
bool PostOracle::lives_on(int receiver, int alert, const Wiring& wiring) const {
  const Known& truth = alerts_.knowledge()[static_cast<std::size_t>(alert)];
  const Heard& heard = known_[static_cast<std::size_t>(receiver)].heard[static_cast<std::size_t>(alert)];
  if (heard.serial == 0) return false;
  if (truth.phase == Phase::firing && truth.serial == heard.serial)
    return concerns(wiring.rules[static_cast<std::size_t>(alert / kSubjects)], receiver, wiring);
  return !heard.over && setup_.receiver[static_cast<std::size_t>(receiver)].send_resolved;
}

/// A silence has held back what is news now.
bool PostOracle::was_hushed(int receiver, int group, const Wiring& wiring) const {
  for (int alert = 0; alert < kAlerts; ++alert) {
    const Heard& heard = known_[static_cast<std::size_t>(receiver)].heard[static_cast<std::size_t>(alert)];
    const bool hushed = heard.hushed == alerts_.knowledge()[static_cast<std::size_t>(alert)].serial;
    if (group_of(receiver, alert) == group && hushed && news_of(receiver, alert, wiring) == News::firing) return true;
  }
  return false;
}

std::uint64_t PostOracle::news_groups(int receiver, const Wiring& wiring) const {
  std::uint64_t groups = 0;
  for (int alert = 0; alert < kAlerts; ++alert)
    if (news_of(receiver, alert, wiring) != News::none) groups |= bit(group_of(receiver, alert));
  return groups;
}

std::uint64_t PostOracle::pending_groups(int receiver) const {
  const Knowledge& known = known_[static_cast<std::size_t>(receiver)];
  std::uint64_t groups = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(known.pending_count); ++i)
    groups |= made_[static_cast<std::size_t>(known.pending[i])].groups;
  return groups;
}

/// A group lives while anything lives that was told in it; it waits from when there is news that is in no message.
Broken PostOracle::looked(int receiver, const Wiring& wiring, SteadyTime now, std::size_t owed) {
  Knowledge& known = known_[static_cast<std::size_t>(receiver)];
  const std::uint64_t news = news_groups(receiver, wiring);
  const std::uint64_t pending = pending_groups(receiver);
  std::uint64_t alive = news | pending;
  for (int alert = 0; alert < kAlerts; ++alert) {
    if (lives_on(receiver, alert, wiring)) alive |= bit(group_of(receiver, alert));
    const Known& truth = alerts_.knowledge()[static_cast<std::size_t>(alert)];
    const bool concerned = concerns(wiring.rules[static_cast<std::size_t>(alert / kSubjects)], receiver, wiring);
    if (truth.phase == Phase::firing && truth.silenced && concerned)
      known.heard[static_cast<std::size_t>(alert)].hushed = truth.serial;
  }
  for (int i = 0; i < kGroups; ++i) {
    Group& group = known.groups[static_cast<std::size_t>(i)];
    if ((alive & bit(i)) == 0) {
      group = {};
    } else if ((news & bit(i)) == 0) {
      group.waits = false;
    } else if (!group.waits) {
      group.waits = true;
      group.waiting = now;
    }
  }
  if (news != 0 && owed == 0) return "I24 something is owed and not counted" + at(receiver);
  if (news == 0 && known.pending_count == 0 && owed != 0) return "I24 nothing is owed and yet counted" + at(receiver);
  return {};
}

bool PostOracle::all_silenced(const Made& made) const {
  return std::all_of(made.items.begin(), made.items.end(), [&](const Made::Item& item) {
    return alerts_.knowledge()[static_cast<std::size_t>(item.alert)].silenced;
  });
}

/// I14, the bound from below.
Broken PostOracle::check_reminder(int receiver, int number, SteadyTime now) const {
  const ReceiverSetup& setup = setup_.receiver[static_cast<std::size_t>(receiver)];
  const Group& group = known_[static_cast<std::size_t>(receiver)].groups[static_cast<std::size_t>(number)];
  if (!group.flushed) return "I14 a reminder of what was never told" + at(receiver);
  if (now < group.earliest + setup.repeat) return "I14 a reminder too early" + at(receiver);
  return {};
}

/// I10, the bounds from below.
Broken PostOracle::check_news(int receiver, int number, const Wiring& wiring, SteadyTime now) const {
  const ReceiverSetup& setup = setup_.receiver[static_cast<std::size_t>(receiver)];
  const Group& group = known_[static_cast<std::size_t>(receiver)].groups[static_cast<std::size_t>(number)];
  if (!group.waits) return "I15 a message without news" + at(receiver);
  if (group.free) return {};
  if (group.flushed) {
    if (now < group.earliest + setup.interval) return "I10 too soon after the group's last message" + at(receiver);
  } else if (now < group.waiting + setup.wait && !was_hushed(receiver, number, wiring)) {
    return "I10 before group_wait" + at(receiver);
  }
  return {};
}

/// The bounds from above: what is due and may be sent is sent.
Broken PostOracle::nothing_to_do(int receiver, const Wiring& wiring, SteadyTime now) const {
  if (!may_attempt(receiver, now)) return {};
  const Knowledge& known = known_[static_cast<std::size_t>(receiver)];
  const ReceiverSetup& setup = setup_.receiver[static_cast<std::size_t>(receiver)];
  for (std::size_t i = 0; i < static_cast<std::size_t>(known.pending_count); ++i)
    if (!all_silenced(made_[static_cast<std::size_t>(known.pending[i])]))
      return "I23 a message is left lying" + at(receiver);
  const std::uint64_t pending = pending_groups(receiver);
  std::uint64_t firing = 0;
  for (int alert = 0; alert < kAlerts; ++alert)
    if (goes_on(receiver, alert, wiring)) firing |= bit(group_of(receiver, alert));
  for (int i = 0; i < kGroups; ++i) {
    const Group& group = known.groups[static_cast<std::size_t>(i)];
    if ((pending & bit(i)) != 0 || (!group.waits && (firing & bit(i)) == 0)) continue;
    const SteadyTime due = group.flushed ? group.latest + setup.interval : group.waiting + setup.wait;
    const bool at_once = group.free || (!group.flushed && was_hushed(receiver, i, wiring));
    if (group.waits && (at_once || now >= due)) return "I10/I11 news is due and not told" + at(receiver);
    if ((firing & bit(i)) != 0 && group.flushed && !group.waits && now >= group.latest + setup.repeat)
      return "I14 a reminder is due and not told" + at(receiver);
  }
  return {};
}

/// I4 and I5: an item is what the oracle knows of the episode that it names.
Broken PostOracle::check_episode(int receiver, const Owed& owed, int alert) const {
  const Known& truth = alerts_.knowledge()[static_cast<std::size_t>(alert)];
  const Heard& heard = known_[static_cast<std::size_t>(receiver)].heard[static_cast<std::size_t>(alert)];
  const std::string who = alert_text(alert) + at(receiver);
  if (owed.firing) {
    if (owed.episode != truth.episode) return "I4 the firing of another episode of " + who;
    if (owed.starts_at != truth.fired_at) return "I5 startsAt of " + who;
    return {};
  }
  if (owed.episode != heard.episode) return "I4 the end of an episode that was not told of " + who;
  if (owed.starts_at != heard.started) return "I5 startsAt of the end of " + who;
  if (owed.ends_at < owed.starts_at) return "I5 the end before the beginning of " + who;
  const bool its_own = truth.serial == heard.serial && truth.phase != Phase::firing;
  if (its_own && owed.ends_at != truth.resolved_at) return "I5 endsAt of " + who;
  return {};
}

Broken PostOracle::make_item(int receiver, const Owed& owed, Made& made) const {
  const int alert = alert_number(owed.key);
  if (alert < 0) return "I15 a message about nothing" + at(receiver);
  if (Broken broken = check_episode(receiver, owed, alert)) return broken;
  const Known& truth = alerts_.knowledge()[static_cast<std::size_t>(alert)];
  const Heard& heard = known_[static_cast<std::size_t>(receiver)].heard[static_cast<std::size_t>(alert)];
  made.items.push_back({alert, owed.firing, owed.news, owed.firing ? truth.serial : heard.serial});
  made.groups |= bit(group_of(receiver, alert));
  return {};
}

/// All news of the groups in it and nothing else; what goes on is told again, and is true.
Broken PostOracle::check_items(int receiver, const Wiring& wiring, const Made& made, bool news) const {
  std::array<News, kAlerts> told{};
  std::array<bool, kAlerts> repeated{};
  bool seen_over = false;
  for (const Made::Item& item : made.items) {
    const auto index = static_cast<std::size_t>(item.alert);
    if (told[index] != News::none || repeated[index])
      return "I4 twice in a message: " + alert_text(item.alert) + at(receiver);
    if (item.firing && seen_over) return "I10 what is over comes before what fires" + at(receiver);
    seen_over = seen_over || !item.firing;
    if (item.news)
      told[index] = item.firing ? News::firing : News::over;
    else
      repeated[index] = true;
    if (!item.news && !item.firing) return "I4 an end is told twice: " + alert_text(item.alert) + at(receiver);
  }
  for (int alert = 0; alert < kAlerts; ++alert) {
    if ((made.groups & bit(group_of(receiver, alert))) == 0) continue;
    const auto index = static_cast<std::size_t>(alert);
    const News expected = news_of(receiver, alert, wiring);
    if (told[index] != expected)
      return "I4/I10/I11/I12 " + alert_text(alert) + (told[index] == News::none ? " is left out" : " is not news") +
             at(receiver);
    const bool on = made.parcel != kDigest && goes_on(receiver, alert, wiring);  // a digest is news only
    if (repeated[index] != on)
      return "I10 " + alert_text(alert) + (on ? " goes on, unmentioned" : " does not go on") + at(receiver);
    if (!news && expected != News::none) return "I14 a reminder while there is news" + at(receiver);
  }
  return {};
}

Broken PostOracle::packed(int receiver, const Wiring& wiring, SteadyTime now, const Batch& batch,
                          const Message& message) {
  Made made;
  made.receiver = receiver;
  made.id = message.id;
  made.parcel = batch.group;
  made.sequence = message.sequence;
  made.owed = batch.items;
  for (const Owed& owed : batch.items)
    if (Broken broken = make_item(receiver, owed, made)) return broken;
  const bool news = batch.kind == MessageKind::news;
  if (made.items.empty()) return "I10 an empty message" + at(receiver);
  if (batch.group != kDigest && std::popcount(made.groups) != 1) return "I10 two groups in a message" + at(receiver);
  if ((made.groups & pending_groups(receiver)) != 0) return "I3 a message overtakes its group's last" + at(receiver);
  if (!may_attempt(receiver, now) && now < outside_[static_cast<std::size_t>(receiver)].earliest)
    return "I23 a message made before the receiver may be asked again" + at(receiver);
  for (int group = 0; group < kGroups; ++group) {
    if ((made.groups & bit(group)) == 0) continue;
    if (Broken broken = news ? check_news(receiver, group, wiring, now) : check_reminder(receiver, group, now))
      return broken;
  }
  if (Broken broken = check_items(receiver, wiring, made, news)) return broken;
  for (const Made& other : made_)
    if (other.receptions > 0 && other.id == made.id) return "I2 the id of another message" + at(receiver);
  note(receiver, made, now);
  made_.push_back(std::move(made));
  return {};
}

void PostOracle::note(int receiver, const Made& made, SteadyTime now) {
  Knowledge& known = known_[static_cast<std::size_t>(receiver)];
  bool catches_up = false;  // an end that another beginning follows: that need not wait
  for (const Made::Item& item : made.items) {
    Heard& heard = known.heard[static_cast<std::size_t>(item.alert)];
    const Known& truth = alerts_.knowledge()[static_cast<std::size_t>(item.alert)];
    if (!item.news) continue;
    if (item.firing) {
      heard = {item.serial, truth.episode, truth.fired_at, false, 0};
    } else {
      heard.over = true;
      catches_up = catches_up || truth.phase == Phase::firing;
    }
  }
  for (int i = 0; i < kGroups; ++i) {
    if ((made.groups & bit(i)) == 0) continue;
    Group& group = known.groups[static_cast<std::size_t>(i)];
    group = {false, true, catches_up, {}, now, now, forward_};
  }
  known.pending[static_cast<std::size_t>(known.pending_count++)] = static_cast<int>(made_.size());
  ++known.made;
  known.sequence = made.sequence;
}

}  // namespace mw::property
