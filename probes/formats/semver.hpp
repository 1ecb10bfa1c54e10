// Semantic versions as the go command reads them: "v1.2.3-pre+build", the short forms "v1" and "v1.2" too. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/model.hpp"

namespace mw {

/// Views into the text that was parsed.
struct Semver {
  std::string_view major;
  std::string_view minor;       ///< "0" when a short form leaves it out
  std::string_view patch;       ///< the same
  std::string_view prerelease;  ///< with its "-", or empty
  std::string_view build;       ///< with its "+", or empty
  bool is_short = false;
};

/// Nothing when the text is no version.
std::optional<Semver> parse_semver(std::string_view text);

/// In full and without build metadata, other than "+incompatible". Empty when the text is no version.
std::string canonical_version(std::string_view text);
bool is_canonical_version(std::string_view text);

/// Negative, zero or positive. What is no version comes before all that are; build metadata does not count.
int compare_versions(std::string_view a, std::string_view b);

bool is_release(std::string_view version);

/// Made by the go command for a commit without a tag: "v0.0.0-20191109021931-daa7c04131f5" and its kin.
bool is_pseudo_version(std::string_view version);
/// When that commit was made. Nothing when it is no pseudo-version, or its digits are no date.
std::optional<SysTime> pseudo_version_time(std::string_view version);

/// For Version::order: a <= b whenever compare_versions() says so. Versions can share one number: prereleases of the
/// same release do, and those with parts too large to fit. Nothing for pseudo-versions: they follow commits.
std::optional<std::int64_t> version_order(std::string_view version);

/// The newest release, or else the newest prerelease: what the go command makes of "latest". Texts that are no
/// versions, and pseudo-versions, do not count.
std::optional<std::string> newest_version(const std::vector<std::string>& versions);

}  // namespace mw
