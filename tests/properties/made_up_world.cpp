// Rules, receivers and snapshots out of a plan: see made_up_world.hpp.
#include "tests/properties/made_up_world.hpp"

#include <algorithm>

#include "alerts/condition.hpp"

namespace mw::property {

namespace {

using namespace std::chrono_literals;

const Expression& expression(const char* text) {
  static const auto all = [] {
    std::map<std::string, Expression, std::less<>> made;
    made.emplace("", Expression{});
    for (const Lens& lens : kLenses) {
      made.emplace(lens.when, std::get<Expression>(parse_expression(lens.when)));
      if (*lens.clear != '\0') made.emplace(lens.clear, std::get<Expression>(parse_expression(lens.clear)));
    }
    return made;
  }();
  return all.find(std::string_view(text))->second;
}

std::shared_ptr<const MirrorView> view_of(const std::shared_ptr<const Pool>& pool,
                                          const std::shared_ptr<const Mirror>& mirror, const World::Sight& sight) {
  auto view = std::make_shared<MirrorView>();
  view->pool = pool;
  view->mirror = mirror;
  view->verdict.state = sight.state;
  if (mirror->reference) view->checks[CheckKind::freshness].last = std::make_shared<Finding>();
  view->lag.known = sight.lag >= Duration{};
  view->lag.lower = std::max(sight.lag, Duration{});
  for (const World::Outcome& look : sight.looks) {
    view->runs.push_back({look.at, CheckKind::http, look.http_failed});
    view->runs.push_back({look.at, CheckKind::tcp, look.tcp_failed});
  }
  return view;
}

}  // namespace

Wiring initial_wiring(const Setup& setup) {
  Wiring wiring;
  for (std::size_t i = 0; i < kRules; ++i) wiring.rule[i] = static_cast<int>(i) < setup.rules;
  for (std::size_t i = 0; i < kMirrors; ++i) wiring.mirror[i] = static_cast<int>(i) < setup.mirrors;
  wiring.receiver.fill(true);
  wiring.rules = setup.rule;
  return wiring;
}

void change(Wiring& wiring, const Setup& setup, Change what, std::size_t number) {
  switch (what) {
    case Change::nothing:
      break;
    case Change::rule:
      wiring.rule[number] = !wiring.rule[number];
      break;
    case Change::mirror:
      wiring.mirror[number] = number == 0 || !wiring.mirror[number];
      break;
    case Change::receiver:
      wiring.receiver[number] = !wiring.receiver[number];
      break;
    case Change::hold:
      wiring.rules[number].hold = wiring.rules[number].hold == 1min ? setup.rule[number].hold : 1min;
      break;
    case Change::keep:
      wiring.rules[number].keep = wiring.rules[number].keep == 30s ? setup.rule[number].keep : 30s;
      break;
    case Change::notify:
      wiring.rules[number].notify ^= 1U;
      break;
    case Change::severity:
      wiring.page[number] = !wiring.page[number];
      break;
  }
}

std::vector<Rule> rules_of(const Setup& setup, const Wiring& wiring, bool turned_round) {
  std::vector<Rule> rules;
  for (std::size_t i = 0; i < kRules; ++i) {
    if (!wiring.rule[i]) continue;
    const RuleSetup& each = wiring.rules[i];
    Rule rule;
    rule.name = std::string(1, static_cast<char>('A' + i));
    rule.when = expression(kLenses[setup.rule[i].lens].when);
    rule.clear = expression(kLenses[setup.rule[i].lens].clear);
    rule.hold = each.hold;
    rule.keep_firing = each.keep;
    if (wiring.page[i]) rule.severity = "page";
    for (unsigned r = 0; r < kReceivers; ++r)
      if ((each.notify >> r & 1U) != 0 && wiring.receiver[r]) rule.notify.push_back("r" + std::to_string(r));
    for (unsigned s = 0; s < kRules; ++s)
      if ((each.inhibited_by >> s & 1U) != 0) rule.inhibited_by.emplace_back(1, static_cast<char>('A' + s));
    rules.push_back(std::move(rule));
  }
  if (turned_round) std::reverse(rules.begin(), rules.end());
  return rules;
}

Receiver receiver_of(const Setup& setup, int number) {
  const ReceiverSetup& each = setup.receiver[static_cast<std::size_t>(number)];
  Receiver receiver;
  receiver.name = "r" + std::to_string(number);
  receiver.kind = each.kind;
  receiver.group_by.clear();
  if (each.by_alert) receiver.group_by.emplace_back("alertname");
  if (each.by_pool) receiver.group_by.emplace_back("pool");
  if (each.by_mirror) receiver.group_by.emplace_back("mirror");
  receiver.group_wait = each.wait;
  receiver.group_interval = each.interval;
  receiver.repeat_interval = each.repeat;
  receiver.send_resolved = each.send_resolved;
  return receiver;
}

SnapshotMaker::SnapshotMaker() {
  auto pool = std::make_shared<Pool>();
  pool->name = "p";
  pool_ = pool;
  for (std::size_t i = 0; i < kMirrors; ++i) {
    auto mirror = std::make_shared<Mirror>();
    mirror->name = "m" + std::to_string(i);
    mirrors_[i] = mirror;
  }
  auto reference = std::make_shared<Mirror>();
  reference->name = "upstream";
  reference->reference = true;
  World::Sight sight;
  reference_up_ = view_of(pool_, reference, sight);
  sight.state = State::unknown;
  reference_down_ = view_of(pool_, reference, sight);
}

Snapshot SnapshotMaker::make(const World& world, const Wiring& wiring, SysTime now, bool turned_round) {
  Snapshot snapshot;
  snapshot.at = now;
  snapshot.self_fault = world.self_fault;
  snapshot.pools.push_back({pool_, world.upstream_up, 0});
  snapshot.mirrors.push_back(world.upstream_up ? reference_up_ : reference_down_);
  for (std::size_t i = 0; i < kMirrors; ++i) {
    if (!wiring.mirror[i]) continue;
    if (views_[i] == nullptr) views_[i] = view_of(pool_, mirrors_[i], world.mirrors[i]);
    snapshot.mirrors.push_back(views_[i]);
  }
  if (turned_round) std::reverse(snapshot.mirrors.begin(), snapshot.mirrors.end());
  return snapshot;
}

}  // namespace mw::property
