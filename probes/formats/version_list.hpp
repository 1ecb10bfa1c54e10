// A Go proxy's @v/list: one version a line, in any order. Pure; one pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mw {

inline constexpr std::size_t kMaxListedVersions = 100'000;
inline constexpr std::size_t kMaxVersionLine = 1024;

struct VersionList {
  std::vector<std::string> versions;  ///< canonical, without pseudo-versions, in the order served
  std::string latest_commit;          ///< of the pseudo-versions the one with the latest commit; or empty
  std::size_t junk = 0;               ///< lines that are no version: the go command passes over them

  bool has_version(std::string_view version) const;
};

enum class VersionListTrouble : std::uint8_t { too_many, line_too_long };
std::string_view name(VersionListTrouble);

/// What follows the first word of a line does not count, as it does not for the go command.
std::variant<VersionList, VersionListTrouble> read_version_list(std::string_view text);

/// "+incompatible" versions count for "latest" only when the newest of the others came without a go.mod file: this
/// is that version. Nothing when the list has only one kind.
std::optional<std::string> decides_incompatible(const VersionList&);

/// Without the versions that are "+incompatible".
VersionList only_compatible(VersionList);

/// The go.mod file that a proxy makes up for a version that has none.
std::string made_up_go_mod(std::string_view module);

}  // namespace mw
