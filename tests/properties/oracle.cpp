// The alerts' oracle: see oracle.hpp.
#include "tests/properties/oracle.hpp"

#include <algorithm>

namespace mw::property {

namespace {

using namespace std::chrono_literals;

/// Between two saves that only time makes necessary.
constexpr Duration kClockGrain = 60s;
/// Times are written to the second.
constexpr Duration kRounding = 1s;

Truth truth(bool value) { return value ? Truth::yes : Truth::no; }

Truth both(Truth a, Truth b) {
  if (a == Truth::no || b == Truth::no) return Truth::no;
  return a == Truth::yes && b == Truth::yes ? Truth::yes : Truth::unknown;
}
Truth either(Truth a, Truth b) { return opposite(both(opposite(a), opposite(b))); }

Truth is(State wanted, State state) { return state == State::unknown ? Truth::unknown : truth(state == wanted); }

/// Where there is no verdict, an old lag says nothing.
Truth lag_is(bool above, Duration limit, const World::Sight& mirror) {
  if (mirror.lag < Duration{} || mirror.state == State::unknown) return Truth::unknown;
  return truth(above ? mirror.lag > limit : mirror.lag < limit);
}

/// Of the last three runs of either check, the worse.
Truth two_of_three_failed(const World::Sight& sight) {
  int http = 0;
  int tcp = 0;
  for (std::size_t i = 1; i < sight.looks.size(); ++i) {
    http += sight.looks[i].http_failed ? 1 : 0;
    tcp += sight.looks[i].tcp_failed ? 1 : 0;
  }
  return truth(http >= 2 || tcp >= 2);
}

struct Count {
  int least = 0;  ///< are known to be so
  int most = 0;   ///< might be so
  int all = 0;
};
Count count(State wanted, const World& world, const Wiring& wiring) {
  Count counted;
  for (std::size_t i = 0; i < kMirrors; ++i) {
    if (!wiring.mirror[i]) continue;
    const State state = world.mirrors[i].state;
    ++counted.all;
    counted.least += state == wanted ? 1 : 0;
    counted.most += state == wanted || state == State::unknown ? 1 : 0;
  }
  return counted;
}

Truth all_or_none(bool of_least, bool of_most) {
  if (of_least != of_most) return Truth::unknown;
  return truth(of_least);
}

Truth half_are_down(const World& world, const Wiring& wiring) {
  const Count down = count(State::down, world, wiring);
  return all_or_none(2 * down.least >= down.all, 2 * down.most >= down.all);
}

Truth fewer_than_two_fresh(const World& world, const Wiring& wiring) {
  const Count fresh = count(State::fresh, world, wiring);
  return all_or_none(fresh.least < 2, fresh.most < 2);
}

int scope_of_lens(int lens) {
  if (lens == 6) return kAgentSubject;
  return lens == 4 || lens == 5 || lens == 8 ? kPoolSubject : 0;
}

}  // namespace

Truth opposite(Truth value) {
  if (value == Truth::unknown) return value;
  return truth(value == Truth::no);
}

std::string alert_text(int alert) {
  static constexpr const char* kNames[] = {"m0", "m1", "m2", "pool", "agent"};
  return std::string(1, static_cast<char>('A' + alert / kSubjects)) + "/" + kNames[alert % kSubjects];
}

int alert_number(const AlertKey& key) {
  if (key.rule.size() != 1 || key.rule[0] < 'A' || key.rule[0] >= 'A' + kRules) return -1;
  int subject = key.pool.empty() ? kAgentSubject : kPoolSubject;
  if (!key.mirror.empty()) subject = key.mirror[0] == 'm' && key.mirror.size() == 2 ? key.mirror[1] - '0' : -1;
  return subject < 0 || subject >= kSubjects ? -1 : alert_number(key.rule[0] - 'A', subject);
}

Truth truth_of(int lens, bool clear, int subject, const World& world, const Wiring& wiring) {
  static const World::Sight kNobody;
  const World::Sight& mirror = subject < kMirrors ? world.mirrors[static_cast<std::size_t>(subject)] : kNobody;
  switch (lens) {
    case 0:
      return is(State::down, mirror.state);
    case 1:
      if (clear) return both(opposite(is(State::stale, mirror.state)), opposite(is(State::corrupt, mirror.state)));
      return either(is(State::stale, mirror.state), is(State::corrupt, mirror.state));
    case 2:
      return clear ? lag_is(false, 5h, mirror) : lag_is(true, 6h, mirror);
    case 3:
      return two_of_three_failed(mirror);
    case 4:
      return half_are_down(world, wiring);
    case 5:
      return world.upstream_up ? Truth::no : world.self_fault ? Truth::unknown : Truth::yes;
    case 6:
      return truth(world.self_fault);
    case 7:
      return both(lag_is(true, 6h, mirror), opposite(is(State::corrupt, mirror.state)));
    case 8:
      return fewer_than_two_fresh(world, wiring);
    default:
      return truth(mirror.state == State::unknown);
  }
}

bool AlertOracle::applies(int rule, int subject, const Wiring& wiring) const {
  if (!wiring.rule[static_cast<std::size_t>(rule)]) return false;
  const int scope = scope_of_lens(setup_.rule[static_cast<std::size_t>(rule)].lens);
  if (scope != 0) return subject == scope;
  return subject < kMirrors && wiring.mirror[static_cast<std::size_t>(subject)];
}

/// How long `what` was seen to be so without a break, up to the latest look, which saw it: the sum of the times between
/// two looks in a row that both did. What lies around a look that could not tell is not counted.
AlertOracle::Stretch AlertOracle::stretch(int alert, Truth Seen::*what) const {
  const std::vector<Seen>& log = log_[static_cast<std::size_t>(alert)];
  const std::size_t cut = known_[static_cast<std::size_t>(alert)].cut;
  Stretch sum;
  std::size_t later = log.size() - 1;
  Stretch outage;
  bool restarted = false;
  bool blurred = false;  ///< more than one restart, or looks that could not tell around it
  for (std::size_t i = later; i-- > cut;) {
    const Seen& seen = log[i];
    if (seen.restart) {
      blurred = blurred || restarted;
      restarted = true;
      outage = {seen.least, outage.most + seen.most};
    } else if (seen.*what == Truth::unknown) {
      blurred = blurred || restarted;
    } else if (seen.*what == Truth::no) {
      break;
    } else {
      const bool next_to = i + 1 == later;
      if (next_to) sum = {sum.least + (log[later].at - seen.at), sum.most + (log[later].at - seen.at)};
      if (restarted) sum = {sum.least + (blurred ? -kClockGrain : outage.least), sum.most + outage.most};
      later = i;
      outage = {};
      restarted = blurred = false;
    }
  }
  return sum;
}

void AlertOracle::see(int alert, const Seen& seen) {
  std::vector<Seen>& log = log_[static_cast<std::size_t>(alert)];
  Known& known = known_[static_cast<std::size_t>(alert)];
  if (first_after_restart_ && !log.empty() && log.back().restart) log.back().most += seen.at - restored_;
  log.push_back(seen);
  known.log = log.size();
}

/// Where the times cannot be known to the second, after a restart, the engine's word is taken.
Phase AlertOracle::next_phase(int alert, const RuleSetup& rule, Phase said) {
  const Known& known = known_[static_cast<std::size_t>(alert)];
  const Seen& now = log_[static_cast<std::size_t>(alert)].back();
  if (known.phase == Phase::firing) {
    if (now.over != Truth::yes) return Phase::firing;
    const Stretch over = stretch(alert, &Seen::over);
    if (over.least >= rule.keep) return Phase::inactive;
    return over.most >= rule.keep && said != Phase::firing ? Phase::inactive : Phase::firing;
  }
  if (now.when == Truth::unknown) return known.phase;
  if (now.when == Truth::no) return Phase::inactive;
  const Stretch held = stretch(alert, &Seen::when);
  if (held.least >= rule.hold) return Phase::firing;
  return held.most >= rule.hold && said == Phase::firing ? Phase::firing : Phase::pending;
}

Broken AlertOracle::begin(Known& known, int alert, const Alert& said, Clocks now) {
  known.serial = ++serial_;
  known.fired_at = now.wall;
  known.fired = now.real;
  known.gone = false;
  if (said.episode <= known.episode)
    return "I4 " + alert_text(alert) + " fires anew under the number of an old episode";
  known.episode = said.episode;
  return {};
}

Broken AlertOracle::compare(int alert, const Alert* said, Phase before, Clocks now) {
  Known& known = known_[static_cast<std::size_t>(alert)];
  const Phase phase = said == nullptr ? Phase::inactive : said->phase;
  if (phase != known.phase)
    return "I8/I9/I13 " + alert_text(alert) + " is " + std::string(mw::name(phase)) + ", not " +
           std::string(mw::name(known.phase));
  const bool began = known.phase == Phase::firing && before != Phase::firing;
  const bool ended = before == Phase::firing && known.phase != Phase::firing;
  if (began) {
    if (const Broken broken = begin(known, alert, *said, now)) return broken;
  }
  if (ended) known.resolved_at = std::max(now.wall, known.fired_at);
  if (began || ended) history_ += static_cast<char>((began ? 'a' : 'A') + alert);
  if (said == nullptr) return {};
  const bool told_of = known.phase == Phase::firing || ended;
  if (told_of && said->fired_at != known.fired_at) return "I5 startsAt of " + alert_text(alert) + " changed";
  if (known.phase == Phase::firing && said->episode != known.episode) return "I4 " + alert_text(alert) + ": episode";
  if (ended && said->resolved_at != known.resolved_at) return "I5 endsAt of " + alert_text(alert) + " is wrong";
  if (known.phase != Phase::inactive && said->gone != known.gone) return "I16 " + alert_text(alert) + ": gone";
  return {};
}

Broken AlertOracle::step(int alert, const World& world, const Wiring& wiring, const Clocks& now, const Alert* said) {
  Known& known = known_[static_cast<std::size_t>(alert)];
  const int rule = alert / kSubjects;
  const int subject = alert % kSubjects;
  const Phase before = known.phase;
  if (applies(rule, subject, wiring)) {
    const RuleSetup& setup = wiring.rules[static_cast<std::size_t>(rule)];
    const Truth when = truth_of(setup.lens, false, subject, world, wiring);
    const bool own_end = *kLenses[setup.lens].clear != '\0';
    const Truth over = own_end ? truth_of(setup.lens, true, subject, world, wiring) : opposite(when);
    see(alert, {now.real, when, over});
    known.phase = next_phase(alert, setup, said == nullptr ? Phase::inactive : said->phase);
    known.gone = false;
  } else {
    known.cut = log_[static_cast<std::size_t>(alert)].size();
    known.gone = true;
    known.phase = Phase::inactive;
  }
  known.began = before == Phase::inactive && known.phase != Phase::inactive;
  if (known.phase != before && (known.phase == Phase::firing || before == Phase::firing) &&
      applies(rule, subject, wiring)) {
    const RuleSetup& setup = wiring.rules[static_cast<std::size_t>(rule)];
    changes_[static_cast<std::size_t>(alert)].push_back({now.real, setup.hold + setup.keep});
  }
  return compare(alert, said, before, now);
}

bool AlertOracle::source_active(int rule, int subject, const Wiring& wiring) const {
  const unsigned sources = setup_.rule[static_cast<std::size_t>(rule)].inhibited_by;
  for (int source = 0; source < kRules; ++source) {
    if ((sources >> static_cast<unsigned>(source) & 1U) == 0) continue;
    for (const int at : {subject, kPoolSubject, kAgentSubject}) {
      const bool wider_or_same = at >= subject;
      const Known& known = known_[static_cast<std::size_t>(alert_number(source, at))];
      if (wider_or_same && applies(source, at, wiring) && known.phase != Phase::inactive) return true;
    }
  }
  return false;
}

/// Who mutes what is gone keeps its end back, but not for longer than that: no look will come.
void AlertOracle::mute_gone(Known& known, bool source, const Alert* said) {
  const bool muted = said != nullptr && said->muted();
  known.await_look = false;
  known.muted = muted && (source || known.muted);
}

void AlertOracle::mute(int alert, const World& world, const Wiring& wiring, const Clocks& now, const Alert* said) {
  Known& known = known_[static_cast<std::size_t>(alert)];
  const int subject = alert % kSubjects;
  if (!applies(alert / kSubjects, subject, wiring)) {
    mute_gone(known, source_active(alert / kSubjects, subject, wiring), said);
    return;
  }
  if (known.began) known.muted = known.await_look = false;  // that took a look
  if (source_active(alert / kSubjects, subject, wiring)) {
    known.muted = true;
    known.await_look = false;
    return;
  }
  if (known.muted && known.exists) {
    known.await_look = true;
    known.unmuted = now.real;
  }
  known.muted = false;
  if (!known.exists) known.await_look = false;  // its first evaluation is a fresh one
  for (std::size_t i = 0; i < kMirrors; ++i) {
    const bool concerns = subject >= kMirrors || subject == static_cast<int>(i);
    if (concerns && wiring.mirror[i] && world.mirrors[i].looked > known.unmuted) known.await_look = false;
  }
  // Looks are told apart by the wall clock: where that jumped, which came first is the engine's guess, but not
  // for ever.
  if (ever_jumped_ && said != nullptr) known.await_look = said->muted() && said->muted_by.empty();
}

Broken AlertOracle::check_looked_at() const {
  for (int i = 0; i < kAlerts; ++i)
    if (known_[static_cast<std::size_t>(i)].await_look) return "I20 " + alert_text(i) + " waits for a look that it had";
  return {};
}

void AlertOracle::lift(int number, SteadyTime now) {
  for (Quiet& quiet : quiets_)
    if (quiet.number == number)
      quiet = {number, quiet.rule, quiet.mirror, std::min(quiet.ends, now), quiet.rounded, quiet.doubtful};
}

/// I11: on the monotonic clock. Times are written to the second.
Broken AlertOracle::silence(int alert, const Alert* said, SteadyTime now) {
  bool surely = false;
  bool perhaps = false;
  for (const Quiet& quiet : quiets_) {
    const bool of_rule = quiet.rule < 0 || quiet.rule == alert / kSubjects;
    const bool of_mirror = quiet.mirror < 0 || quiet.mirror == alert % kSubjects;
    if (!of_rule || !of_mirror) continue;
    const Duration slack = quiet.doubtful ? Duration(1h) * 100 : quiet.rounded ? kRounding : Duration{};
    surely = surely || (!quiet.doubtful && now < quiet.ends - slack);
    perhaps = perhaps || now < quiet.ends + slack;
  }
  const bool silenced = said != nullptr && !said->silenced_by.empty();
  known_[static_cast<std::size_t>(alert)].silenced = said != nullptr ? silenced : surely;
  if (said == nullptr) return {};
  if (surely && !silenced) return "I11 " + alert_text(alert) + " is not silenced";
  if (!perhaps && silenced) return "I11 " + alert_text(alert) + " is silenced";
  return {};
}

void AlertOracle::restored(std::vector<Quiet> on_disk) {
  quiets_ = std::move(on_disk);
  for (Quiet& quiet : quiets_) {
    quiet.rounded = true;
    quiet.doubtful = quiet.doubtful || ever_jumped_;
  }
}

Broken AlertOracle::sort(const Alerts& alerts, Said& said) const {
  for (const auto& [key, alert] : alerts) {
    const int number = alert_number(key);
    if (number < 0) return "I16 an alert about nothing: " + key.rule + "/" + key.pool + "/" + key.mirror;
    said[static_cast<std::size_t>(number)] = &alert;
  }
  return {};
}

Broken AlertOracle::evaluated(const World& world, const Wiring& wiring, Clocks now, const Alerts& alerts) {
  Said said{};
  if (Broken broken = sort(alerts, said)) return broken;
  for (int i = 0; i < kAlerts; ++i)
    if (Broken broken = step(i, world, wiring, now, said[static_cast<std::size_t>(i)])) return broken;
  for (int i = 0; i < kAlerts; ++i) {
    const Alert* alert = said[static_cast<std::size_t>(i)];
    mute(i, world, wiring, now, alert);
    Known& known = known_[static_cast<std::size_t>(i)];
    known.exists = alert != nullptr;
    if (alert != nullptr && alert->muted() == known.heard_of())
      return "I12 " + alert_text(i) + (known.heard_of() ? " is muted" : " is not muted");
    if (Broken broken = silence(i, alert, now.real)) return broken;
    const std::pair state(known.serial * 4 + static_cast<std::uint32_t>(known.phase), known.heard());
    if (std::exchange(known.state, state) != state) known.changed = now.real;
  }
  first_after_restart_ = false;
  return {};
}

void AlertOracle::kept(const Alerts& alerts) {
  for (Known& known : known_) known.exists = false;
  for (const auto& [key, alert] : alerts) known_[static_cast<std::size_t>(alert_number(key))].exists = true;
  for (Known& known : known_)
    if (!known.exists) known.episode = 0;
}

Broken AlertOracle::restored(const Knowledge& on_disk, const Clocks& now, const Alerts& alerts, const Saved& saved) {
  Said said{};
  if (Broken broken = sort(alerts, said)) return broken;
  known_ = on_disk;
  const bool jumped = jumps_ != saved.jumps;
  for (std::size_t i = 0; i < kAlerts; ++i) {
    const Known& known = known_[i];
    std::vector<Seen>& log = log_[i];
    log.resize(known.log);
    const bool lives = known.phase != Phase::inactive;
    if (lives != (said[i] != nullptr && said[i]->phase == known.phase) && lives)
      return "I6 " + alert_text(static_cast<int>(i)) + " was " + std::string(mw::name(known.phase)) + " and is not now";
    if (known.phase == Phase::firing && (said[i]->fired_at != known.fired_at || said[i]->episode != known.episode))
      return "I5/I6 " + alert_text(static_cast<int>(i)) + " is another episode after the restart";
    const Duration gap = log.empty() ? Duration{} : now.real - log.back().at;
    Seen restart;
    restart.at = now.real;
    restart.restart = true;
    restart.least = gap <= kLongestCredit ? gap : kLongestCredit - kClockGrain;
    const Duration alive = log.empty() ? Duration{} : std::max(saved.at - log.back().at, Duration{});
    restart.least -= kRounding;
    restart.most = std::min(gap, alive + kLongestCredit + kClockGrain) + kRounding;
    if (jumped) restart.least = -kClockGrain - kRounding;  // a clock that went back takes away no more than that
    if (jumped) restart.most = alive + kLongestCredit + kClockGrain;
    log.push_back(restart);
    known_[i].log = log.size();
  }
  for (auto& changes : changes_) changes.clear();  // what was not written down may happen again
  first_after_restart_ = true;
  restored_ = now.real;
  return {};
}

Broken AlertOracle::check_flaps(const Wiring&) const {
  if (ever_jumped_) return {};
  for (std::size_t alert = 0; alert < kAlerts; ++alert) {
    const std::vector<Change>& changes = changes_[alert];
    for (std::size_t i = 0; i < changes.size(); ++i) {
      Duration least = changes[i].pause;
      for (std::size_t j = i + 1; j < changes.size(); ++j) {
        least = std::min(least, changes[j].pause);
        if (least == Duration{}) break;
        const auto window = changes[j].at - changes[i].at;
        const auto bound = 2 * ((std::max(window, Duration(1)) + least - Duration(1)) / least) + 1;
        if (static_cast<std::int64_t>(j - i + 1) > bound) return "I7 " + alert_text(static_cast<int>(alert)) + " flaps";
      }
    }
  }
  return {};
}

}  // namespace mw::property
