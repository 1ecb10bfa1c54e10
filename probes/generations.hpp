// Short lists of what was seen under one name over time, kept in Finding::remember. Pure; knows no format: a
// generation is any word that has no line break in it, mostly a digest.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "probes/target.hpp"

namespace mw {

inline constexpr std::size_t kMostGenerations = 8;  ///< per name; a mirror further behind than that is plainly stale

/// Oldest first; empty when nothing is remembered under `key`.
std::vector<std::string> generations(const Remembered&, const std::string& key);

/// The value to remember: the list with `latest` at its end, and nowhere else.
std::string with_generation(const Remembered&, const std::string& key, const std::string& latest);

}  // namespace mw
