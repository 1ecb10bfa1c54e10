// Zip archives as they lie in a file: what the central directory lists, and each member's bytes, unpacked in passing.
// Nothing is ever extracted, and memory stays bounded whatever the archive says. Knows nothing of modules.
// One reader for the directory and the members: two that disagree is how archives deceive.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "probes/formats/inflate.hpp"

namespace mw {

inline constexpr std::size_t kMaxZipEntries = 65'534;                ///< one more would mean zip64
inline constexpr std::size_t kMaxZipDirectory = 16UL * 1024 * 1024;  ///< bytes

enum class ZipTrouble : std::uint8_t {
  unreadable,  ///< the file on our own disk
  not_a_zip,   ///< no directory at its end, or one that is not where it says
  bad_entry,   ///< an entry of the directory that cannot be read
  mismatch,    ///< the directory says one thing of a member, the header before its bytes another
  overlap,     ///< members that share bytes
  encrypted,
  method,    ///< packed in a way that modules are not
  corrupt,   ///< does not unpack
  size,      ///< not as long as it says
  checksum,  ///< its CRC-32 is wrong
  too_many,  ///< entries
  too_large,
  bomb,          ///< unpacks to kMaxRatio times its size
  link,          ///< a symbolic link
  name,          ///< leads out of the archive, or no file system would take it
  collision,     ///< two names that some file systems take for one
  go_mod,        ///< a go.mod that is not at the root, or not in lower case
  wrong_object,  ///< another module's
  empty          ///< no files
};
std::string_view name(ZipTrouble);

struct ZipFault {
  ZipTrouble trouble;
  std::string what;  ///< the member's name or the number that is wrong; may quote the archive
};

/// Bytes of a file at any place; the file's own position does not move. What was written to it must be flushed.
class FileWindow {
 public:
  static constexpr std::size_t kMost = 256UL * 1024;

  explicit FileWindow(std::FILE* file);
  std::uint64_t size() const { return size_; }
  /// Valid until the next call; `length` at most kMost. Nothing when the file has not so many, or cannot be read.
  std::optional<std::string_view> at(std::uint64_t offset, std::size_t length);
  /// As many bytes as one read yields, at most `most`. Empty like nothing above.
  std::string_view some(std::uint64_t offset, std::uint64_t most);
  bool broken() const { return broken_; }

 private:
  std::size_t fill(std::uint64_t offset);
  int descriptor_;
  std::uint64_t size_ = 0;
  std::uint64_t start_ = 0;
  std::size_t filled_ = 0;
  bool broken_ = false;
  std::vector<char> buffer_;
};

struct ZipEntry {
  std::string_view name;     ///< bytes as they stand in the directory
  std::uint64_t header = 0;  ///< where the member begins
  std::uint32_t packed = 0;
  std::uint32_t unpacked = 0;
  std::uint32_t crc = 0;
  std::uint16_t method = 0;
  std::uint16_t flags = 0;
  bool link = false;
};

struct ZipDirectory {
  std::vector<char> bytes;  ///< what the names look into: do not copy one without the other
  std::vector<ZipEntry> entries;
  std::uint64_t offset = 0;  ///< members end here
};

/// Of a whole archive without zip64, other disks, or bytes before it and after it.
std::variant<ZipDirectory, ZipFault> read_zip_directory(FileWindow&);

/// Reads members one after the other, in the order of their bytes.
class ZipMembers {
 public:
  explicit ZipMembers(FileWindow& window) : window_(window) {}
  /// Hands on what the member unpacks to, which is exactly `unpacked` bytes with that CRC-32 when nothing is returned.
  std::optional<ZipFault> read(const ZipEntry&, const std::function<void(std::string_view)>& take);
  /// Where the member read last ends.
  std::uint64_t end() const { return end_; }

 private:
  struct Unpacking;
  std::optional<ZipFault> open(const ZipEntry&);
  std::optional<ZipTrouble> copy(const ZipEntry&, Unpacking&);
  std::optional<ZipTrouble> inflate(const ZipEntry&, Unpacking&);

  FileWindow& window_;
  RawInflate inflate_;
  std::uint64_t data_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace mw
