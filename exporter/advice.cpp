// The words of advice.
#include "exporter/advice.hpp"

#include <map>

#include "alerts/choice.hpp"

namespace mw {

namespace {

/// "2 down, 1 stale".
std::string counted(const std::vector<const MirrorView*>& views) {
  std::map<State, int> counts;
  for (const MirrorView* view : views) ++counts[view->verdict.state];
  std::string text;
  for (const auto& [state, count] : counts)
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(name(state));
  return text;
}

std::string why_none(const Snapshot& snapshot, const Advice& advice) {
  const std::string nothing = "no mirror of this pool is safe to use now: ";
  if (snapshot.self_fault) return nothing + "most mirrors failed at once, so our own network is suspected";
  return nothing + (advice.not_safe.empty() ? "it has none" : counted(advice.not_safe));
}

/// "tuna is down, http/server_error: status 503".
std::string state_line(const MirrorView& view) {
  std::string text = printable(view.mirror->name) + " is " + std::string(name(view.verdict.state));
  if (const auto& failure = view.verdict.failure)
    text += ", " + std::string(name(failure->layer)) + "/" + std::string(name(failure->reason)) + ": " +
            printable(failure->detail);
  return text;
}

}  // namespace

Advice advise(const Snapshot& snapshot, const Pool& pool) {
  Advice advice;
  for (const MirrorView* view : safe_mirrors(snapshot, pool.name)) advice.safe.push_back({view, client_line(*view)});
  for (const auto& view : snapshot.mirrors)
    if (view->pool->name == pool.name && !view->mirror->reference && view->verdict.state != State::fresh)
      advice.not_safe.push_back(view.get());
  if (advice.safe.empty()) advice.why = why_none(snapshot, advice);
  return advice;
}

std::string advice_text(const Snapshot& snapshot, const Pool& pool) {
  const Advice advice = advise(snapshot, pool);
  std::string text = "# " + printable(pool.name) + " (" + pool.ecosystem + "): ";
  if (advice.safe.empty()) text += advice.why + "\n";
  if (!advice.safe.empty())
    text += std::to_string(advice.safe.size()) + " of " + std::to_string(advice.safe.size() + advice.not_safe.size()) +
            " mirrors are safe to use now\n";
  for (const MirrorView* view : advice.not_safe) text += "# " + state_line(*view) + "\n";
  for (const Advised& each : advice.safe) {
    const bool best = &each == &advice.safe.front();
    text += best ? each.line + "\n" : "# or: " + each.line + "\n";
  }
  return text;
}

std::string advice_text(const Snapshot& snapshot) {
  std::string text;
  for (const PoolView& view : snapshot.pools) text += (text.empty() ? "" : "\n") + advice_text(snapshot, *view.pool);
  return text;
}

}  // namespace mw
