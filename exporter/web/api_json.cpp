// The pieces, and the mirror that is one of a list.
#include "exporter/web/api_json.hpp"

#include "exporter/exposition.hpp"
#include "probes/duration.hpp"

namespace mw {

namespace {

void add_lag(Json& into, const Lag& lag) {
  into["known"] = lag.known;
  if (!lag.known) return;
  into["seconds"] = seconds(lag.lower);
  if (lag.upper) into["upper_bound_seconds"] = seconds(*lag.upper);
  into["ahead"] = lag.ahead;
}

Json lag_json(const Lag& lag) {
  Json json = Json::object();
  add_lag(json, lag);
  return json;
}

/// The parts that are behind, by name; the mirror as a whole has none.
Json stale_parts(const MirrorView& view) {
  Json parts = Json::array();
  for (const FeedLag& each : view.feeds) {
    if (each.feed.empty() || each.lag.lower == Duration::zero()) continue;
    Json part{{"name", printable(each.feed)}};
    add_lag(part, each.lag);
    parts.push_back(std::move(part));
  }
  return parts;
}

/// What the last integrity check received under names that must never change.
Json artefacts(const MirrorView& view) {
  Json list = Json::array();
  const auto integrity = view.checks.find(CheckKind::integrity);
  if (integrity == view.checks.end() || !integrity->second.last) return list;
  for (const Artefact& each : integrity->second.last->artefacts)
    list.push_back({{"name", printable(each.name)}, {"digest", printable(each.digest)}});
  return list;
}

Json addresses(const MirrorView& view) {
  Json list = Json::array();
  for (const AddressLag& each : view.addresses)
    list.push_back({{"address", to_string(each.address)}, {"sync_lag", lag_json(each.lag)}});
  return list;
}

}  // namespace

std::string page(const Json& json) { return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json failure_json(const Failure& failure) {
  return {
      {"layer", name(failure.layer)}, {"reason", name(failure.reason)}, {"detail", printable(failure.detail, 1024)}};
}

Json verdict_json(const Verdict& verdict) {
  Json json{{"state", name(verdict.state)}};
  if (verdict.failure) json.update(failure_json(*verdict.failure));
  if (!verdict.blame.empty()) json["because_of_parent"] = printable(verdict.blame);
  return json;
}

Json mirror_json(const MirrorView& view) {
  Json json{{"pool", view.pool->name}, {"mirror", printable(view.mirror->name)}, {"url", view.mirror->url.str()}};
  json["role"] = view.mirror->reference ? "reference" : "mirror";
  json["verdict"] = verdict_json(view.verdict);
  if (view.since != SysTime{}) json["since"] = unix_seconds(view.since);
  if (!view.mirror->reference) json["sync_lag"] = lag_json(view.lag);
  if (const auto ratio = stale_ratio(view.feeds)) json["stale_ratio"] = *ratio;
  json["stale"] = stale_parts(view);
  json["artefacts"] = artefacts(view);
  if (view.addresses.size() > 1) json["addresses"] = addresses(view);
  return json;
}

}  // namespace mw
