// Lag per feed and over all feeds.
#include "probes/feeds.hpp"

#include <algorithm>

#include "probes/duration.hpp"

namespace mw {

namespace {

/// A mirror may be read before the upstream that it has just copied: until the upstream has been read again, a
/// version that is new to us says nothing.
bool is_too_early(const Lag& lag, const History& history, const Sighting& sighting) {
  return !lag.known && lag.why == Reason::version_unknown && history.seen.back().last_seen < sighting.at;
}

const Lag* find(const std::vector<FeedLag>& lags, const std::string& feed) {
  const auto found = std::find_if(lags.begin(), lags.end(), [&](const FeedLag& each) { return each.feed == feed; });
  return found == lags.end() ? nullptr : &found->lag;
}

/// The worse the higher: level, ahead, unplaced, behind.
int weight(const Lag& lag) {
  if (!lag.known) return 2;
  if (lag.lower > Duration::zero()) return 3;
  return lag.ahead ? 1 : 0;
}

bool is_worse(const Lag& a, const Lag& b) { return weight(a) != weight(b) ? weight(a) > weight(b) : a.lower > b.lower; }

std::optional<std::size_t> place(const History& history, const std::string& id) {
  for (std::size_t i = history.seen.size(); i-- > 0;)
    if (history.seen[i].version.id == id) return i;
  return std::nullopt;
}

}  // namespace

Versions versions_of(const std::optional<Version>& whole, const std::vector<FeedLook>& parts) {
  Versions versions;
  if (whole) versions.emplace("", *whole);
  for (const FeedLook& part : parts)
    if (part.version) versions.emplace(part.feed, *part.version);
  return versions;
}

std::vector<FeedLag> lags_of(const Sightings& sightings, const Histories& histories, const std::vector<FeedLag>& before,
                             AsOf as_of) {
  std::vector<FeedLag> lags;
  for (const auto& [feed, sighting] : sightings) {
    const auto history = histories.find(feed);
    if (history == histories.end() || history->second.seen.empty()) continue;
    const SysTime speaks_for = as_of.told == sighting.at ? as_of.now : sighting.at;
    Lag lag = lag_of(history->second, sighting.version, speaks_for);
    const Lag* old = find(before, feed);
    if (old != nullptr && old->known && is_too_early(lag, history->second, sighting)) lag = *old;
    lags.push_back({feed, lag});
  }
  return lags;
}

Lag overall(const std::vector<FeedLag>& lags) {
  Lag worst;
  if (!lags.empty()) worst = lags.front().lag;
  for (const FeedLag& each : lags)
    if (is_worse(each.lag, worst)) worst = each.lag;
  return worst;
}

std::optional<double> stale_ratio(const std::vector<FeedLag>& lags) {
  const auto known = std::count_if(lags.begin(), lags.end(), [](const FeedLag& each) { return each.lag.known; });
  const auto behind = std::count_if(lags.begin(), lags.end(), [](const FeedLag& each) {
    return each.lag.known && each.lag.lower > Duration::zero();
  });
  if (known == 0) return std::nullopt;
  return static_cast<double>(behind) / static_cast<double>(known);
}

std::vector<AddressLag> address_lags(const Finding& look, const Histories& histories,
                                     const std::vector<AddressLag>& before, AsOf as_of) {
  std::vector<AddressLag> lags;
  for (const AddressLook& each : look.addresses) {
    Sightings sightings;
    for (auto& [feed, version] : versions_of(each.version, each.feeds))
      sightings.emplace(feed, Sighting{version, look.at});
    if (sightings.empty()) continue;
    const auto old =
        std::find_if(before.begin(), before.end(), [&](const AddressLag& lag) { return lag.address == each.address; });
    std::vector<FeedLag> stands;
    if (old != before.end())
      for (const auto& [feed, sighting] : sightings) stands.push_back({feed, old->lag});
    lags.push_back({each.address, overall(lags_of(sightings, histories, stands, as_of))});
  }
  return lags;
}

std::optional<Failure> inconsistency(const std::vector<AddressLag>& lags) {
  const auto is_level = [](const AddressLag& each) { return each.lag.known && each.lag.lower == Duration::zero(); };
  const auto level = std::count_if(lags.begin(), lags.end(), is_level);
  if (level == 0 || level == std::ssize(lags)) return std::nullopt;
  std::string behind;
  for (const AddressLag& each : lags) {
    if (is_level(each)) continue;
    behind += (behind.empty() ? "" : ", ") + to_string(each.address);
    behind += each.lag.known ? " (superseded " + format_duration(each.lag.lower) + " ago)" : " (unknown version)";
  }
  return Failure{Layer::freshness, Reason::inconsistent,
                 behind + ": other content than the other " + std::to_string(level) + " of its addresses"};
}

bool went_backwards(const Version& before, const Version& after, const History* history) {
  if (before.order && after.order) return *after.order < *before.order;
  if (history == nullptr) return false;
  const auto from = place(*history, before.id);
  const auto to = place(*history, after.id);
  return from && to && *to < *from;
}

}  // namespace mw
