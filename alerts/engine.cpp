// The alert state machine. Pure.
#include "alerts/engine.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace mw {

namespace {

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool applies(const Rule& rule, const MirrorView& view) {
  return !view.mirror->reference && (rule.pools.empty() || contains(rule.pools, view.pool->name));
}

std::map<std::string, std::string> labels_of(const Rule& rule, const MirrorView& view) {
  std::map<std::string, std::string> labels = rule.labels;
  for (const auto& [key, value] : view.mirror->labels) labels.insert_or_assign(key, value);
  labels["alertname"] = rule.name;
  labels["severity"] = rule.severity;
  labels["pool"] = view.pool->name;
  labels["mirror"] = view.mirror->name;
  return labels;
}

void begin(Alert& alert, Instant now) {
  alert.phase = Phase::pending;
  alert.pending_since = now.steady;
  alert.active_at = now.wall;
}

void fire(Alert& alert, Instant now) {
  alert.phase = Phase::firing;
  alert.fired_at = now.wall;
  ++alert.episode;
}

void clear(Alert& alert, Instant now) {
  if (alert.phase == Phase::firing) alert.resolved_at = now.wall;
  alert.phase = Phase::inactive;
}

/// Marks the alerts whose mirror has a pending or firing alert of a rule that mutes theirs.
void inhibit(Alerts& alerts) {
  for (auto& [key, alert] : alerts) {
    alert.inhibited = std::any_of(alert.rule.inhibited_by.begin(), alert.rule.inhibited_by.end(),
                                  [&, &k = key](const std::string& source) {
                                    const auto found = alerts.find({source, k.pool, k.mirror});
                                    return found != alerts.end() && found->second.phase != Phase::inactive;
                                  });
  }
}

}  // namespace

std::string_view name(Phase phase) {
  constexpr std::array kNames = {"inactive", "pending", "firing"};
  return kNames.at(static_cast<std::size_t>(phase));
}

Alert step(Alert alert, Measured measured, Instant now) {
  if (measured.truth == Truth::unknown) return alert;
  alert.value = measured.value;
  if (measured.truth == Truth::no) {
    clear(alert, now);
    return alert;
  }
  if (alert.phase == Phase::inactive) begin(alert, now);
  if (alert.phase == Phase::pending && now.steady - alert.pending_since >= alert.rule.hold) fire(alert, now);
  return alert;
}

Alerts evaluate(Alerts alerts, const std::vector<Rule>& rules, const Snapshot& snapshot, Instant now) {
  std::set<AlertKey> present;
  for (const auto& view : snapshot.mirrors) {
    for (const Rule& rule : rules) {
      if (!applies(rule, *view)) continue;
      const Measured measured = measure(rule.when, *view, now.wall);
      if (measured.truth != Truth::yes && alerts.empty()) continue;
      const AlertKey key{rule.name, view->pool->name, view->mirror->name};
      if (measured.truth != Truth::yes && !alerts.contains(key)) continue;
      Alert& alert = alerts[key];
      alert.rule = rule;
      alert.labels = labels_of(rule, *view);
      alert = step(std::move(alert), measured, now);
      present.insert(key);
    }
  }
  for (auto& [key, alert] : alerts)
    if (!present.contains(key)) clear(alert, now);
  inhibit(alerts);
  return alerts;
}

}  // namespace mw
