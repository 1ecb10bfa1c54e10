// One small function per metric.
#include "exporter/published_metrics.hpp"

#include <algorithm>
#include <map>

namespace mw {

namespace {

/// Two pools whose names print alike would be one series twice: the writer keeps the first.
void append_pools(std::vector<Family>& out, const Snapshot& snapshot, const MirrorFilter& only) {
  Family up("mirror_pool_reference_up");
  Family regressions("mirror_pool_upstream_regressions_total");
  Family self_fault("mirrorwarden_self_fault");
  self_fault.add({}, snapshot.self_fault ? 1 : 0);
  out.push_back(std::move(self_fault));
  for (const PoolView& view : snapshot.pools) {
    const auto is_wanted = [&](const Mirror& mirror) { return only.admits(view.pool->name, mirror.name); };
    if (!only.is_open() && std::ranges::none_of(view.pool->mirrors, is_wanted)) continue;
    const Labels labels{{"pool", view.pool->name}};
    up.add(labels, view.reference_up ? 1 : 0);
    regressions.add(labels, static_cast<double>(view.upstream_regressions));
  }
  out.push_back(std::move(up));
  out.push_back(std::move(regressions));
}

/// Every rule has both states, at zero when nothing is wrong; an alert of a removed rule is counted while it lasts.
Family alert_counts(const Published& published) {
  std::map<std::pair<std::string, Phase>, int> counts;
  if (published.config) {
    for (const Rule& rule : published.config->rules) {
      for (const Phase phase : {Phase::pending, Phase::firing}) counts[{rule.name, phase}] = 0;
    }
  }
  if (published.alerts) {
    for (const auto& [key, alert] : *published.alerts) {
      if (alert.phase != Phase::inactive) ++counts[{key.rule, alert.phase}];
    }
  }
  Family family("mirrorwarden_alerts");
  for (const auto& [key, count] : counts) family.add({{"alertname", key.first}, {"state", name(key.second)}}, count);
  return family;
}

Family owed(const Published& published) {
  Family family("mirrorwarden_notifications_owed");
  for (const ReceiverView& receiver : published.receivers)
    family.add({{"receiver", receiver.name}}, static_cast<double>(receiver.owed));
  return family;
}

Family messages_made(const Published& published) {
  Family family("mirrorwarden_messages_made_total");
  for (const ReceiverView& receiver : published.receivers)
    family.add({{"receiver", receiver.name}}, static_cast<double>(receiver.tally.made));
  return family;
}

Family messages_settled(const Published& published) {
  Family family("mirrorwarden_messages_settled_total");
  for (const ReceiverView& receiver : published.receivers)
    for (const auto& [outcome, count] : {std::pair("accepted", receiver.tally.accepted),
                                         {"dead_letter", receiver.tally.buried},
                                         {"dropped", receiver.tally.dropped}})
      family.add({{"receiver", receiver.name}, {"outcome", outcome}}, static_cast<double>(count));
  return family;
}

Family messages_under_way(const Published& published) {
  Family family("mirrorwarden_messages_under_way");
  for (const ReceiverView& receiver : published.receivers)
    family.add({{"receiver", receiver.name}}, static_cast<double>(receiver.under_way));
  return family;
}

}  // namespace

std::vector<Family> published_families(const Published& published, const MirrorFilter& only) {
  std::vector<Family> out;
  if (published.snapshot) append_pools(out, *published.snapshot, only);
  out.push_back(alert_counts(published));
  out.push_back(owed(published));
  out.push_back(messages_made(published));
  out.push_back(messages_settled(published));
  out.push_back(messages_under_way(published));
  return out;
}

}  // namespace mw
