// Ranking.
#include "alerts/choice.hpp"

#include <algorithm>
#include <utility>

#include "probes/ecosystem.hpp"

namespace mw {

namespace {

constexpr Duration kErrorWindow = std::chrono::hours(1);

using Rank = std::pair<int, double>;

Rank rank_of(const MirrorView& view, SysTime now) {
  const ErrorRatio errors = error_ratio(view, kErrorWindow, now);
  return {view.mirror->priority, errors.known ? errors.value : 1.0};
}

bool is_safe(const MirrorView& view, const std::string& pool) {
  return view.pool->name == pool && !view.mirror->reference && view.verdict.state == State::fresh;
}

}  // namespace

std::vector<const MirrorView*> safe_mirrors(const Snapshot& snapshot, const std::string& pool) {
  std::vector<std::pair<Rank, const MirrorView*>> ranked;
  for (const auto& view : snapshot.mirrors)
    if (is_safe(*view, pool)) ranked.emplace_back(rank_of(*view, snapshot.at), view.get());
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<const MirrorView*> safe;
  for (const auto& [rank, view] : ranked) safe.push_back(view);
  return safe;
}

const MirrorView* safest_mirror(const Snapshot& snapshot, const std::string& pool) {
  const auto safe = safe_mirrors(snapshot, pool);
  return safe.empty() ? nullptr : safe.front();
}

std::string client_line(const MirrorView& view) {
  const Ecosystem* ecosystem = find_ecosystem(view.pool->ecosystem);
  const bool has_line = ecosystem != nullptr && ecosystem->client_line != nullptr;
  return has_line ? ecosystem->client_line(*view.pool, *view.mirror) : view.mirror->url.str();
}

}  // namespace mw
