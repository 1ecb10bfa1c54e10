// Typed view of an apt Release file. Give it only text whose signature was verified: it trusts nothing, but it
// cannot know who wrote it. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "probes/model.hpp"

namespace mw {

struct ListedFile {
  std::uint64_t size = 0;
  std::string sha256;
  std::string sha512 = {};  ///< empty when the Release has none; apt asks for a file by its strongest hash
  bool operator==(const ListedFile&) const = default;
};

struct Release {
  std::string suite;
  std::string codename;
  SysTime date{};
  std::optional<SysTime> valid_until;  ///< absent is normal: stable suites carry none
  bool acquire_by_hash = false;
  std::map<std::string, ListedFile, std::less<>> files;  ///< by path relative to dists/SUITE/
};

inline constexpr std::size_t kMaxListedFiles = 100'000;

/// The error says what is wrong: no Date, no SHA256 table, a date or a line that cannot be read.
std::variant<Release, std::string> parse_release(std::string_view text);

}  // namespace mw
