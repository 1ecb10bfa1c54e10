// Random plans, and plans as text.
#include "tests/properties/plan.hpp"

#include <random>

namespace mw::property {

namespace {

using namespace std::chrono_literals;

/// Cheap, and the same everywhere.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 0x1234567U) {}
  /// 0 to n - 1
  int below(int n) {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return static_cast<int>((z ^ (z >> 31U)) % static_cast<std::uint64_t>(n));
  }
  bool chance(int percent) { return below(100) < percent; }
  template <class T, std::size_t N>
  T one_of(const T (&all)[N]) {
    return all[below(static_cast<int>(N))];
  }

 private:
  std::uint64_t state_;
};

RuleSetup make_rule(int number, Dice& dice) {
  static constexpr Duration kHolds[] = {0s, 0s, 30s, 2min, 10min, 2h};
  static constexpr Duration kKeeps[] = {0s, 0s, 1min, 10min};
  RuleSetup rule;
  rule.lens = dice.chance(40) ? dice.below(2) : dice.below(static_cast<int>(std::size(kLenses)));
  rule.hold = dice.one_of(kHolds);
  rule.keep = dice.one_of(kKeeps);
  if (number > 0 && dice.chance(45)) rule.inhibited_by = 1U << static_cast<unsigned>(dice.below(number));
  rule.notify = static_cast<unsigned>(1 + dice.below(3));
  return rule;
}

ReceiverSetup make_receiver(Dice& dice) {
  static constexpr const char* kKinds[] = {"webhook", "teams", "pagerduty"};
  static constexpr Duration kWaits[] = {0s, 30s, 2min};
  static constexpr Duration kIntervals[] = {0s, 1min, 5min};
  static constexpr Duration kRepeats[] = {10min, 1h, 4h};
  ReceiverSetup receiver;
  receiver.kind = dice.one_of(kKinds);
  receiver.by_alert = dice.chance(60);
  receiver.by_pool = dice.chance(60);
  receiver.by_mirror = dice.chance(50);
  receiver.wait = dice.one_of(kWaits);
  receiver.interval = dice.one_of(kIntervals);
  receiver.repeat = dice.one_of(kRepeats);
  receiver.send_resolved = dice.chance(85);
  return receiver;
}

int downtime(Dice& dice) {
  static constexpr int kDowntimes[] = {0, 1, 20, 60, 600, 3'000, 7'200, 100'000};
  return dice.one_of(kDowntimes);
}

Op make_look(const Setup& setup, Dice& dice) {
  static constexpr State kOften[] = {State::fresh, State::fresh,   State::down,   State::down,
                                     State::stale, State::corrupt, State::unknown};
  const State state = dice.one_of(kOften);
  const int failed = state == State::down ? (dice.chance(90) ? 12 : 8) : (dice.chance(10) ? 4 : 0);
  return {OpKind::look, dice.below(setup.mirrors), static_cast<int>(state), dice.below(4) + failed};
}

Op make_tick(Dice& dice) {
  static constexpr int kSeconds[] = {1, 5, 15, 30, 30, 30, 60, 60, 60, 120, 300, 300, 900, 3'600, 15'000};
  return {OpKind::tick, 0, dice.one_of(kSeconds), 0};
}

Op make_fault(Dice& dice) {
  static constexpr int kRetryAfters[] = {0, 5, 120, 1'800, 90'000};
  static constexpr int kHangs[] = {5, 300, 4'000, 5'000, 20'000};
  if (dice.chance(60)) {
    const int mood = dice.chance(45) ? 0 : dice.below(7);
    return {OpKind::receiver, dice.below(kReceivers), mood, dice.one_of(kRetryAfters)};
  }
  const int mood = dice.chance(50) ? 0 : dice.below(3);
  return {OpKind::disk, 0, mood, dice.one_of(kHangs)};
}

Op make_death(Dice& dice) {
  const int made_it = dice.below(2);
  switch (dice.below(3)) {
    case 0:
      return {OpKind::crash, 0, downtime(dice), made_it};
    case 1:
      return {OpKind::arm, dice.below(5), downtime(dice), made_it};
    default:
      return {OpKind::restart, 0, downtime(dice), 0};
  }
}

Op make_jump(Dice& dice) {
  static constexpr int kJumps[] = {-100'000, -4'000, -600, -1, 1, 600, 4'000, 100'000};
  return {OpKind::jump, 0, dice.one_of(kJumps), 0};
}

Op make_reload(const Setup& setup, Dice& dice) {
  const auto change = static_cast<Change>(dice.below(8));
  int number = 0;
  if (change == Change::mirror)
    number = setup.mirrors > 1 ? 1 + dice.below(setup.mirrors - 1) : 0;
  else if (change == Change::receiver)
    number = dice.below(kReceivers);
  else
    number = dice.below(setup.rules);
  return {OpKind::reload, static_cast<int>(change), number, 0};
}

Op make_silence(const Setup& setup, Dice& dice) {
  static constexpr int kLengths[] = {0, 30, 600, 5'000};
  const int rule = dice.chance(50) ? 1 + dice.below(setup.rules) : 0;
  const int mirror = dice.chance(50) ? 1 + dice.below(setup.mirrors) : 0;
  return {OpKind::silence, dice.below(2), dice.one_of(kLengths), rule + 8 * mirror};
}

Op make_op(const Setup& setup, Dice& dice) {
  const int roll = dice.below(100);
  if (roll < 34) return make_look(setup, dice);
  if (roll < 70) return make_tick(dice);
  if (roll < 80) return make_fault(dice);
  if (roll < 85) return make_death(dice);
  if (roll < 88) return make_jump(dice);
  if (roll < 92) return make_reload(setup, dice);
  if (roll < 95) return make_silence(setup, dice);
  if (roll < 98) return {OpKind::upstream, 0, dice.below(2), 0};
  return {OpKind::self_fault, 0, dice.below(2), 0};
}

const char* name(OpKind kind) {
  static constexpr const char* kNames[] = {"look", "upstream", "self_fault", "tick",     "jump", "crash",
                                           "arm",  "restart",  "reload",     "receiver", "disk", "silence"};
  return kNames[static_cast<int>(kind)];
}

std::string seconds(Duration d) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(d).count()) + "s";
}

std::string bits(unsigned mask, char first) {
  std::string text;
  for (unsigned i = 0; i < 8; ++i)
    if ((mask >> i & 1U) != 0) text += static_cast<char>(first + static_cast<char>(i));
  return text.empty() ? "none" : text;
}

}  // namespace

Plan make_plan(std::uint64_t seed) {
  Dice dice(seed);
  Plan plan;
  plan.seed = seed;
  plan.setup.rules = 1 + dice.below(kRules);
  plan.setup.mirrors = 1 + dice.below(kMirrors);
  for (int i = 0; i < kRules; ++i) plan.setup.rule[static_cast<std::size_t>(i)] = make_rule(i, dice);
  for (ReceiverSetup& receiver : plan.setup.receiver) receiver = make_receiver(dice);
  const int length = 1 + dice.below(dice.chance(15) ? 200 : 70);
  plan.ops.reserve(static_cast<std::size_t>(length));
  for (int i = 0; i < length; ++i) plan.ops.push_back(make_op(plan.setup, dice));
  return plan;
}

std::string to_text(const Setup& setup) {
  std::string text = std::to_string(setup.mirrors) + " mirrors\n";
  for (int i = 0; i < setup.rules; ++i) {
    const RuleSetup& rule = setup.rule[static_cast<std::size_t>(i)];
    text += std::string("rule ") + static_cast<char>('A' + i) + ": " + kLenses[rule.lens].when + ", for " +
            seconds(rule.hold) + ", keep_firing " + seconds(rule.keep) + ", inhibited by " +
            bits(rule.inhibited_by, 'A') + ", notifies " + bits(rule.notify, '0') + "\n";
  }
  for (int i = 0; i < kReceivers; ++i) {
    const ReceiverSetup& each = setup.receiver[static_cast<std::size_t>(i)];
    text += "receiver " + std::to_string(i) + ": " + each.kind + " by" + (each.by_alert ? " alertname" : "") +
            (each.by_pool ? " pool" : "") + (each.by_mirror ? " mirror" : "") + ", wait " + seconds(each.wait) +
            ", interval " + seconds(each.interval) + ", repeat " + seconds(each.repeat) +
            (each.send_resolved ? "" : ", no all-clears") + "\n";
  }
  return text;
}

std::string to_text(const Op& op) {
  static constexpr const char* kMoods[] = {"accepts", "500", "429", "silent", "loses its answer", "400", "403"};
  static constexpr const char* kDisks[] = {"fine", "failing", "hanging"};
  static constexpr const char* kPoints[] = {"save begun", "save ended", "sending", "received", "settled"};
  static constexpr const char* kChanges[] = {"nothing", "rule", "mirror", "receiver",
                                             "hold",    "keep", "notify", "severity"};
  const std::string text = std::string(name(op.kind)) + " ";
  const std::string numbers = std::to_string(op.a) + " " + std::to_string(op.b);
  const auto index = static_cast<std::size_t>(op.who);
  switch (op.kind) {
    case OpKind::look:
      return text + "m" + std::to_string(op.who) + " " + std::string(mw::name(static_cast<State>(op.a))) + " lag " +
             std::to_string(op.b % 4) + (op.b / 4 % 2 != 0 ? " http!" : "") + (op.b / 8 != 0 ? " tcp!" : "");
    case OpKind::arm:
      return text + "at " + kPoints[index] + " " + numbers;
    case OpKind::reload:
      return text + kChanges[index] + " " + std::to_string(op.a);
    case OpKind::receiver:
      return text + std::to_string(op.who) + " " + kMoods[op.a] + " " + std::to_string(op.b);
    case OpKind::disk:
      return text + kDisks[op.a] + " " + std::to_string(op.b);
    case OpKind::silence:
      return text + std::to_string(op.who) + " " + numbers;
    default:
      return text + numbers;
  }
}

}  // namespace mw::property
