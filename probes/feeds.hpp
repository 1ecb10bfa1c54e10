// A mirror as the sum of its parts: what was seen of each feed, how far behind each is, and what that comes to.
// Pure; time is an argument.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "probes/history.hpp"
#include "probes/model.hpp"

namespace mw {

/// What a mirror was last seen to serve of one feed.
struct Sighting {
  Version version;
  SysTime at{};
  bool operator==(const Sighting&) const = default;
};

/// By feed; the mirror as a whole is the feed "".
using Sightings = std::map<std::string, Sighting>;
using Histories = std::map<std::string, History>;

/// The versions that a look told, the whole's under "".
using Versions = std::map<std::string, Version>;
Versions versions_of(const std::optional<Version>& whole, const std::vector<FeedLook>& parts);

struct FeedLag {
  std::string feed;
  Lag lag;
  bool operator==(const FeedLag&) const = default;
};

/// When what a mirror serves was last told, and what time that speaks for: a look that could not tell since then
/// leaves the lag as it was, for a growing one would be a guess.
struct AsOf {
  std::optional<SysTime> told;  ///< when the last look ended, if it could tell
  SysTime now{};
};

/// Feeds that the upstream was never seen to have are left out. `before` are the lags as last known: they stand while
/// the upstream has yet to be read again.
std::vector<FeedLag> lags_of(const Sightings&, const Histories&, const std::vector<FeedLag>& before, AsOf);

/// The worst: furthest behind, else what cannot be placed, else ahead, else level.
Lag overall(const std::vector<FeedLag>&);

/// Share of the feeds with a known lag that are behind; nothing when none is known.
std::optional<double> stale_ratio(const std::vector<FeedLag>&);

struct AddressLag {
  Address address;
  Lag lag;
  bool operator==(const AddressLag&) const = default;
};

/// How far behind each address is that told a version in this look. `before` as in lags_of().
std::vector<AddressLag> address_lags(const Finding& look, const Histories&, const std::vector<AddressLag>& before,
                                     AsOf);

/// A failure that names them when some addresses are level with the upstream and others are not.
std::optional<Failure> inconsistency(const std::vector<AddressLag>&);

/// Whether a mirror went from one version to an older one, as far as order or the history can tell.
bool went_backwards(const Version& before, const Version& after, const History*);

}  // namespace mw
