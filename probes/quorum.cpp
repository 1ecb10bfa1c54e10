// Counting votes.
#include "probes/quorum.hpp"

#include <algorithm>

namespace mw {

namespace {

std::size_t place(const History& history, const Version& version) {
  const auto& seen = history.seen;
  const auto found =
      std::find_if(seen.begin(), seen.end(), [&](const Seen& each) { return each.version.id == version.id; });
  return static_cast<std::size_t>(found - seen.begin());
}

bool is_newer(const Version& a, const Version& b, const History& history) {
  if (a.order && b.order && *a.order != *b.order) return *a.order > *b.order;
  return place(history, a) > place(history, b);
}

std::size_t votes_for(const std::vector<Version>& votes, const Version& version) {
  return static_cast<std::size_t>(
      std::count_if(votes.begin(), votes.end(), [&](const Version& vote) { return vote.id == version.id; }));
}

}  // namespace

std::optional<Version> elect(const std::vector<Version>& votes, std::size_t quorum, const History& history) {
  std::optional<Version> elected;
  for (const Version& vote : votes) {
    if (votes_for(votes, vote) < quorum) continue;
    if (!elected || is_newer(vote, *elected, history)) elected = vote;
  }
  return elected;
}

}  // namespace mw
