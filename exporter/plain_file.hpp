// Files of the system as texts. Every file has a cap, and nothing that could block or never end is opened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mw {

struct FileRules {
  std::size_t limit;    ///< bytes; more than this is an error
  bool secret = false;  ///< others may not read or write it
};

/// What is read is what was checked. Nothing: why not, in words that complete "mirrors.toml: …".
std::optional<std::string> read_file(const std::string& path, FileRules, std::string& error);

/// Changes whenever the file does: what it is and when it was written. Nothing when it is not there.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  std::int64_t written = 0;  ///< nanoseconds since 1970
  std::int64_t bytes = 0;
  bool operator==(const FileStamp&) const = default;
};
std::optional<FileStamp> stamp_of(const std::string& path);

/// Whether a path is the pattern itself, or what its one '*', in the last part, stands for.
bool is_like(const std::string& path, const std::string& pattern);

/// The files that a path with one '*' in its last part stands for, sorted, at most `most`; a path without one is
/// itself.
std::vector<std::string> files_like(const std::string& path, std::size_t most);

}  // namespace mw
