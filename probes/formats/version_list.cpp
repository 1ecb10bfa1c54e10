// Reads the list as the go command does, with a cap on what it may hold.
#include "probes/formats/version_list.hpp"

#include <algorithm>

#include "probes/formats/semver.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

bool is_incompatible(std::string_view version) { return version.ends_with("+incompatible"); }

bool is_later_commit(std::string_view version, std::string_view than) {
  const auto time = pseudo_version_time(version);
  return time && (than.empty() || *time > *pseudo_version_time(than));
}

void take_in(VersionList& list, std::string_view line) {
  const std::string_view version = take_word(line);
  if (version.empty()) return;
  if (!is_canonical_version(version)) {
    ++list.junk;
  } else if (!is_pseudo_version(version)) {
    list.versions.emplace_back(version);
  } else if (is_later_commit(version, list.latest_commit)) {
    list.latest_commit = version;
  }
}

}  // namespace

std::string_view name(VersionListTrouble trouble) {
  return trouble == VersionListTrouble::too_many ? "more versions than we read" : "a line longer than any version";
}

bool VersionList::has_version(std::string_view version) const {
  return std::find(versions.begin(), versions.end(), version) != versions.end();
}

std::variant<VersionList, VersionListTrouble> read_version_list(std::string_view text) {
  VersionList list;
  while (!text.empty()) {
    const std::string_view line = trim(take_line(text));
    if (line.size() > kMaxVersionLine) return VersionListTrouble::line_too_long;
    take_in(list, line);
    if (list.versions.size() + list.junk > kMaxListedVersions) return VersionListTrouble::too_many;
  }
  return list;
}

std::optional<std::string> decides_incompatible(const VersionList& list) {
  const std::string* newest = nullptr;
  bool mixed = false;
  for (const std::string& one : list.versions) {
    if (is_incompatible(one))
      mixed = true;
    else if (newest == nullptr || compare_versions(*newest, one) < 0)
      newest = &one;
  }
  if (!mixed || newest == nullptr) return std::nullopt;
  return *newest;
}

VersionList only_compatible(VersionList list) {
  std::erase_if(list.versions, is_incompatible);
  return list;
}

std::string made_up_go_mod(std::string_view module) { return "module " + std::string(module) + "\n"; }

}  // namespace mw
