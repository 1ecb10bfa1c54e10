// The alert state machine.
#include "alerts/engine.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace mw {

namespace {

// ---- one alert ----------------------------------------------------------------------------------------------

/// How long it has been so: time counts only between two evaluations that saw the same.
Duration passed(const Alert& alert, Truth truth, Instant now) {
  if (alert.last != truth) return {};
  return alert.evaluated ? now.steady - *alert.evaluated : std::min(alert.credit, kLongestCredit);
}

void fire(Alert& alert, Instant now) {
  alert.phase = Phase::firing;
  alert.fired_at = now.wall;
  alert.cleared = {};
  alert.acknowledged.reset();
  ++alert.episode;
}

void clear(Alert& alert, Instant now) {
  if (alert.phase == Phase::firing) alert.resolved_at = std::max(now.wall, alert.fired_at);
  alert.phase = Phase::inactive;
  alert.held = {};
  alert.cleared = {};
  alert.acknowledged.reset();
}

void step_yes(Alert& alert, Instant now) {
  alert.cleared = {};
  if (alert.phase == Phase::pending) alert.held += passed(alert, Truth::yes, now);
  if (alert.phase == Phase::inactive) {
    alert.phase = Phase::pending;
    alert.held = {};
    alert.active_at = now.wall;
    alert.muted_by.clear();  // as if it had not been known before: whether it was hangs on who is still owed its end
    alert.unmuted_at.reset();
  }
  if (alert.phase == Phase::pending && alert.held >= alert.rule->hold) fire(alert, now);
}

void step_no(Alert& alert, Instant now) {
  if (alert.phase == Phase::firing) {
    alert.cleared += passed(alert, Truth::no, now);
    if (alert.cleared < alert.rule->keep_firing) return;
  }
  clear(alert, now);
}

// ---- what a rule is about -----------------------------------------------------------------------------------

struct PoolFacts {
  const PoolView* view = nullptr;
  PoolCounts counts;
};

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::map<std::string, std::string> labels_of(const Rule& rule, const Subject& subject) {
  std::map<std::string, std::string> labels = rule.labels;
  if (subject.mirror != nullptr)
    for (const auto& [key, value] : subject.mirror->mirror->labels) labels.insert_or_assign(key, value);
  labels["alertname"] = rule.name;
  labels["severity"] = rule.severity;
  if (subject.pool != nullptr) labels["pool"] = subject.pool->pool->name;
  if (subject.mirror != nullptr) labels["mirror"] = subject.mirror->mirror->name;
  return labels;
}

AlertKey key_of(const Rule& rule, const Subject& subject) {
  return {rule.name, subject.pool == nullptr ? "" : subject.pool->pool->name,
          subject.mirror == nullptr ? "" : subject.mirror->mirror->name};
}

/// What a firing alert waits for is the end of its own: `clear`, where there is one.
Measured measure_for(const Alert* alert, const Rule& rule, const Subject& subject, SysTime now) {
  Measured measured = measure(rule.when, subject, now);
  if (alert == nullptr || alert->phase != Phase::firing || rule.clear.empty()) return measured;
  const Truth over = measure(rule.clear, subject, now).truth;
  measured.truth = over == Truth::unknown ? over : over == Truth::yes ? Truth::no : Truth::yes;
  return measured;
}

/// One evaluation of all rules.
class Evaluation {
 public:
  Evaluation(Alerts& alerts, const Snapshot& snapshot, Instant now) : alerts_(alerts), snapshot_(snapshot), now_(now) {
    for (const PoolView& pool : snapshot.pools)
      pools_[pool.pool->name] = {&pool, count_mirrors(snapshot, pool.pool->name)};
  }

  void apply(const Rule& rule) {
    switch (std::max(scope_of(rule.when), scope_of(rule.clear))) {
      case Scope::agent:
        return look(rule, {&snapshot_});
      case Scope::pool:
        return apply_to_pools(rule);
      case Scope::mirror:
        return apply_to_mirrors(rule);
    }
  }

  void clear_what_is_gone() {
    for (auto& [key, alert] : alerts_) {
      if (present_.contains(key)) continue;
      alert.gone = true;
      alert.unmuted_at.reset();
      clear(alert, now_);
    }
  }

 private:
  static bool wants(const Rule& rule, const std::string& pool) {
    return rule.pools.empty() || contains(rule.pools, pool);
  }

  void apply_to_pools(const Rule& rule) {
    for (const auto& [name, facts] : pools_)
      if (wants(rule, name)) look(rule, {&snapshot_, facts.view, &facts.counts});
  }

  void apply_to_mirrors(const Rule& rule) {
    for (const auto& view : snapshot_.mirrors) {
      const auto pool = pools_.find(view->pool->name);
      if (view->mirror->reference || pool == pools_.end() || !wants(rule, view->pool->name)) continue;
      look(rule, {&snapshot_, pool->second.view, &pool->second.counts, view.get()});
    }
  }

  /// What has never been true is not kept.
  void look(const Rule& rule, const Subject& subject) {
    AlertKey key = key_of(rule, subject);
    const auto known = alerts_.find(key);
    const Measured measured = measure_for(known == alerts_.end() ? nullptr : &known->second, rule, subject, now_.wall);
    if (known == alerts_.end() && measured.truth != Truth::yes) return;
    Alert& alert = alerts_[key];
    if (*alert.rule != rule) alert.rule = std::make_shared<const Rule>(rule);
    alert.gone = false;
    if (alert.phase == Phase::inactive) alert.labels = labels_of(rule, subject);
    alert = step(std::move(alert), measured, now_);
    if (alert.unmuted_at) see_again(alert, subject);
    present_.insert(std::move(key));
  }

  /// A look that ended after what had muted it, at any mirror that the alert is about: it may be told again. A wall
  /// clock that went back must not put that off until it has caught up.
  void see_again(Alert& alert, const Subject& subject) const {
    const SysTime unmuted = std::min(*alert.unmuted_at, now_.wall);
    const auto seen = [&](const std::shared_ptr<const MirrorView>& view) {
      if (subject.mirror != nullptr && view.get() != subject.mirror) return false;
      if (subject.pool != nullptr && view->pool != subject.pool->pool) return false;
      return !view->runs.empty() && view->runs.back().at > unmuted;
    };
    alert.unmuted_at = unmuted;
    if (std::any_of(snapshot_.mirrors.begin(), snapshot_.mirrors.end(), seen)) alert.unmuted_at.reset();
  }

  Alerts& alerts_;
  const Snapshot& snapshot_;
  Instant now_;
  std::map<std::string, PoolFacts> pools_;
  std::set<AlertKey> present_;
};

// ---- muting -------------------------------------------------------------------------------------------------

bool is_up(const Alerts& alerts, const AlertKey& key) {
  const auto found = alerts.find(key);
  return found != alerts.end() && found->second.phase != Phase::inactive;
}

/// The first of the rules that mute this one and are pending or firing for the same thing or a wider one.
std::string muting_rule(const Alerts& alerts, const AlertKey& key, const Rule& rule) {
  for (const std::string& source : rule.inhibited_by)
    for (const AlertKey& where : {AlertKey{source, key.pool, key.mirror}, {source, key.pool, ""}, {source, "", ""}})
      if (is_up(alerts, where)) return source;
  return "";
}

void mute(Alerts& alerts, Instant now) {
  for (auto& [key, alert] : alerts) {
    std::string source = muting_rule(alerts, key, *alert.rule);
    if (!alert.muted_by.empty() && source.empty()) alert.unmuted_at = now.wall;
    alert.muted_by = std::move(source);
  }
}

}  // namespace

std::shared_ptr<const Rule> no_rule() {
  static const auto none = std::make_shared<const Rule>();
  return none;
}

std::string_view name(Phase phase) {
  constexpr std::array kNames = {"inactive", "pending", "firing"};
  return kNames.at(static_cast<std::size_t>(phase));
}

Alert step(Alert alert, const Measured& measured, Instant now) {
  if (measured.truth == Truth::unknown && !alert.evaluated) return alert;  // nothing is known yet in this life
  if (measured.truth != Truth::unknown) {
    alert.value = measured.value;
    alert.which = measured.which;
  }
  if (measured.truth == Truth::yes) step_yes(alert, now);
  if (measured.truth == Truth::no) step_no(alert, now);
  alert.last = measured.truth;
  alert.evaluated = now.steady;
  return alert;
}

Alerts evaluate(Alerts alerts, const std::vector<Rule>& rules, const Snapshot& snapshot, Instant now) {
  Evaluation evaluation(alerts, snapshot, now);
  for (const Rule& rule : rules) evaluation.apply(rule);
  evaluation.clear_what_is_gone();
  mute(alerts, now);
  return alerts;
}

}  // namespace mw
