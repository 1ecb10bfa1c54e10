// Facts that are kept while a mirror fails: what was seen last, however long ago. Rules and gauges both take them from
// here, so that they cannot differ. Pure.
#pragma once

#include <initializer_list>
#include <optional>
#include <utility>

#include "probes/snapshot.hpp"

namespace mw {

/// What the last run saw, else what the last good one saw. `get` : Finding -> optional.
template <class Get>
auto last_known(const CheckState& state, Get get) {
  decltype(get(std::declval<const Finding&>())) value;
  if (state.last) value = get(*state.last);
  if (!value && state.last_good) value = get(*state.last_good);
  return value;
}

/// The same for a mirror, from the first of these checks that knows.
template <class Get>
auto last_known(const MirrorView& view, std::initializer_list<CheckKind> kinds, Get get) {
  decltype(get(std::declval<const Finding&>())) value;
  for (const CheckKind kind : kinds) {
    const auto found = view.checks.find(kind);
    if (!value && found != view.checks.end()) value = last_known(found->second, get);
  }
  return value;
}

/// Of the version that is served, or of the metadata that tell it.
template <class Get>
auto last_known_metadata(const MirrorView& view, Get get) {
  return last_known(view, {CheckKind::freshness, CheckKind::integrity}, get);
}

/// A date of the last certificate shown, valid or not.
template <std::optional<SysTime> Certificate::*kMember>
std::optional<SysTime> last_known_certificate(const MirrorView& view) {
  return last_known(view, {CheckKind::tls, CheckKind::http, CheckKind::freshness, CheckKind::integrity},
                    [](const Finding& f) { return f.certificate ? (*f.certificate).*kMember : std::nullopt; });
}

}  // namespace mw
