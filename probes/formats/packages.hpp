// Finds packages in an apt Packages index that arrives in pieces, and says whether a path from outside may be asked
// for. Pure; holds one paragraph at a time, so its memory does not grow with the index.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mw {

struct PackageFile {
  std::string path;  ///< relative to the archive root; is_plain_path() holds
  std::uint64_t size = 0;
  std::string sha256;
  bool operator==(const PackageFile&) const = default;
};

enum class PackageTrouble : std::uint8_t { absent, malformed };

using PackageEntry = std::variant<PackageFile, PackageTrouble>;

inline constexpr std::size_t kMaxParagraph = 1024 * 1024;  ///< bytes; Debian's longest has 60 KiB

/// Looks for the first paragraph of each name. The rest of the index is looked at no closer than its line starts.
class PackageScanner {
 public:
  explicit PackageScanner(const std::vector<std::string>& names);

  void take(std::string_view piece);
  /// After the last piece.
  void end();

  /// `name` must be one of those asked for. An index with a paragraph over kMaxParagraph may hide it: malformed then.
  PackageEntry found(std::string_view name) const;
  /// Paragraphs with a Package line so far: what has none is no index of packages.
  std::uint64_t packages() const { return packages_; }

 private:
  void take_slice(std::string_view slice);
  void skip_paragraph();
  void close_paragraph(std::string_view paragraph);

  std::map<std::string, std::optional<PackageEntry>, std::less<>> wanted_;
  std::string pending_;      ///< an unfinished paragraph
  std::size_t scanned_ = 0;  ///< bytes of pending_ that are lines known not to end it
  bool skipping_ = false;    ///< inside a paragraph that is too long
  bool skipped_ = false;
  std::uint64_t packages_ = 0;
};

/// Relative, made of non-empty segments other than "." and "..", without a scheme, control characters, spaces,
/// backslashes, queries or fragments; at most 1024 bytes.
bool is_plain_path(std::string_view path);

/// A plain path as it is sent: "%" and other bytes that mean something to servers are percent-encoded.
std::string encode_path(std::string_view path);

}  // namespace mw
