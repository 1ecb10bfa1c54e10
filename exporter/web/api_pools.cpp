// Pools, the advice on each, and the targets that Prometheus discovers.
#include "exporter/advice.hpp"
#include "exporter/exposition.hpp"
#include "exporter/web/api.hpp"
#include "exporter/web/api_json.hpp"
#include "probes/duration.hpp"

namespace mw {

namespace {

// ---- pools --------------------------------------------------------------------------------------------------

/// How many mirrors are how; references are not counted.
Json counts_json(const Snapshot& snapshot, const Pool& pool) {
  std::map<State, std::size_t> counts;
  for (const auto& view : snapshot.mirrors)
    if (view->pool->name == pool.name && !view->mirror->reference) ++counts[view->verdict.state];
  Json json = Json::object();
  for (const State state : kStates) json[std::string(name(state))] = counts[state];
  return json;
}

Json pool_json(const Snapshot& snapshot, const PoolView& view) {
  return {{"pool", printable(view.pool->name)},
          {"ecosystem", view.pool->ecosystem},
          {"reference_up", view.reference_up},
          {"upstream_regressions", view.upstream_regressions},
          {"mirrors", counts_json(snapshot, *view.pool)}};
}

Json checks_json(const Pool& pool) {
  Json list = Json::array();
  for (const CheckKind check : pool.checks) list.push_back(name(check));
  return list;
}

Json canaries_json(const Pool& pool) {
  Json list = Json::array();
  for (const Canary& canary : pool.canaries) list.push_back(printable(canary.name, 1024));
  return list;
}

/// Enough to see how it is and to find its page.
Json member_json(const MirrorView& view) {
  Json json{{"mirror", printable(view.mirror->name)}, {"url", view.mirror->url.str()}};
  json["role"] = view.mirror->reference ? "reference" : "mirror";
  json["priority"] = view.mirror->priority;
  json["verdict"] = verdict_json(view.verdict);
  return json;
}

Json members_json(const Snapshot& snapshot, const Pool& pool) {
  Json list = Json::array();
  for (const auto& view : snapshot.mirrors)
    if (view->pool->name == pool.name) list.push_back(member_json(*view));
  return list;
}

// ---- advice -------------------------------------------------------------------------------------------------

Json advised_json(const MirrorView& view) {
  return {{"mirror", printable(view.mirror->name)},
          {"url", view.mirror->url.str()},
          {"priority", view.mirror->priority},
          {"verdict", verdict_json(view.verdict)}};
}

Json advice_on(const Snapshot& snapshot, const Pool& pool) {
  const Advice advice = advise(snapshot, pool);
  Json json{{"pool", printable(pool.name)}, {"ecosystem", pool.ecosystem}, {"safe", Json::array()}};
  if (!advice.safe.empty()) json["line"] = advice.safe.front().line;
  if (!advice.why.empty()) json["why"] = advice.why;
  for (const Advised& each : advice.safe) {
    json["safe"].push_back(advised_json(*each.view));
    json["safe"].back()["line"] = each.line;
  }
  json["not_safe"] = Json::array();
  for (const MirrorView* view : advice.not_safe) json["not_safe"].push_back(advised_json(*view));
  return json;
}

// ---- targets ------------------------------------------------------------------------------------------------

/// Labels of the configuration come as they are, ours below __meta_: Prometheus drops those after relabelling.
Json target_json(const MirrorView& view) {
  Json labels = Json::object();
  for (const auto& [label, value] : view.mirror->labels) labels[label] = printable(value);
  const std::string url = view.mirror->url.str();
  labels["__meta_mirrorwarden_pool"] = printable(view.pool->name);
  labels["__meta_mirrorwarden_mirror"] = printable(view.mirror->name);
  labels["__meta_mirrorwarden_ecosystem"] = view.pool->ecosystem;
  labels["__meta_mirrorwarden_role"] = view.mirror->reference ? "reference" : "mirror";
  labels["__meta_mirrorwarden_url"] = url;
  return {{"targets", Json::array({url})}, {"labels", std::move(labels)}};
}

}  // namespace

std::string pools_json(const Snapshot& snapshot, SysTime now) {
  Json pools = Json::array();
  for (const PoolView& view : snapshot.pools) pools.push_back(pool_json(snapshot, view));
  return page({{"at", unix_seconds(now)}, {"pools", std::move(pools)}, {"self_fault", snapshot.self_fault}});
}

std::string pool_page(const Snapshot& snapshot, const PoolView& view, SysTime now) {
  const Pool& pool = *view.pool;
  Json json{{"at", unix_seconds(now)}};
  json.update(pool_json(snapshot, view));
  json["interval_seconds"] = seconds(pool.interval);
  json["integrity_interval_seconds"] = seconds(pool.integrity_interval);
  json["timeout_seconds"] = seconds(pool.timeout);
  json["checks"] = checks_json(pool);
  json["canaries"] = canaries_json(pool);
  json["members"] = members_json(snapshot, pool);
  return page(json);
}

std::string advice_json(const Snapshot& snapshot, SysTime now) {
  Json pools = Json::array();
  for (const PoolView& view : snapshot.pools) pools.push_back(advice_on(snapshot, *view.pool));
  return page({{"at", unix_seconds(now)}, {"pools", std::move(pools)}});
}

std::string advice_page(const Snapshot& snapshot, const Pool& pool, SysTime now) {
  Json json{{"at", unix_seconds(now)}};
  json.update(advice_on(snapshot, pool));
  return page(json);
}

std::string targets_json(const Snapshot& snapshot) {
  Json targets = Json::array();
  for (const auto& view : snapshot.mirrors) targets.push_back(target_json(*view));
  return page(targets);
}

}  // namespace mw
