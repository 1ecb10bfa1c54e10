// The zip format (APPNOTE 4.3), as much of it as an archive of files needs.
#include "probes/formats/zip_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace mw {

namespace {

constexpr std::size_t kEndSize = 22;
constexpr std::size_t kEntrySize = 46;
constexpr std::size_t kHeaderSize = 30;
constexpr std::size_t kMaxComment = 65'535;
constexpr std::string_view kEndMark = "PK\x05\x06";
constexpr std::string_view kEntryMark = "PK\x01\x02";
constexpr std::string_view kHeaderMark = "PK\x03\x04";

constexpr std::uint16_t kEncrypted = 1U << 0U | 1U << 6U | 1U << 13U;  ///< bits of the flags
constexpr std::uint16_t kSizesFollow = 1U << 3U;
constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflated = 8;

std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t length) {
  std::uint32_t value = 0;
  for (std::size_t i = length; i > 0; --i) value = value << 8U | static_cast<unsigned char>(bytes[at + i - 1]);
  return value;
}

std::uint16_t u16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(number_at(bytes, at, 2));
}

std::uint32_t u32(std::string_view bytes, std::size_t at) { return number_at(bytes, at, 4); }

bool is_link(std::string_view entry) {
  constexpr unsigned kUnix = 3;
  constexpr unsigned kDarwin = 19;
  const unsigned made_by = u16(entry, 4) >> 8U;
  const std::uint32_t mode = u32(entry, 38) >> 16U;
  return (made_by == kUnix || made_by == kDarwin) && S_ISLNK(mode);
}

/// What the end of an archive says of its directory.
struct End {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::size_t entries = 0;
};

ZipFault fault(ZipTrouble trouble, std::string_view what) { return {trouble, std::string(what)}; }

ZipFault unreadable_or(const FileWindow& window, ZipFault otherwise) {
  if (window.broken()) return fault(ZipTrouble::unreadable, "the file");
  return otherwise;
}

/// The one place where it can be: the last mark, its comment up to the last byte, the directory right before it.
std::variant<End, ZipFault> read_end(FileWindow& window) {
  const std::size_t length = std::min<std::uint64_t>(window.size(), kEndSize + kMaxComment);
  const auto tail = window.at(window.size() - length, length);
  if (!tail) return unreadable_or(window, fault(ZipTrouble::not_a_zip, "empty"));
  const std::size_t mark = tail->rfind(kEndMark);
  if (mark == std::string_view::npos || tail->size() - mark < kEndSize)
    return fault(ZipTrouble::not_a_zip, "no end of a directory");
  const std::string_view end = tail->substr(mark);
  const std::size_t entries = u16(end, 10);
  if (kEndSize + u16(end, 20) != end.size()) return fault(ZipTrouble::not_a_zip, "bytes after its end");
  if (u16(end, 4) != 0 || u16(end, 6) != 0 || u16(end, 8) != entries)
    return fault(ZipTrouble::not_a_zip, "a part of several");
  if (entries > kMaxZipEntries) return fault(ZipTrouble::too_many, std::to_string(entries) + " or more entries");
  const End found{u32(end, 16), u32(end, 12), entries};
  if (found.size > kMaxZipDirectory) return fault(ZipTrouble::too_large, "the directory");
  if (found.offset + found.size != window.size() - end.size())
    return fault(ZipTrouble::not_a_zip, "the directory is not where the end says");
  return found;
}

std::variant<std::vector<char>, ZipFault> read_bytes(FileWindow& window, const End& end) {
  std::vector<char> bytes;
  bytes.reserve(end.size);
  while (bytes.size() < end.size) {
    const std::string_view some = window.some(end.offset + bytes.size(), end.size - bytes.size());
    if (some.empty()) return fault(ZipTrouble::unreadable, "the file");
    bytes.insert(bytes.end(), some.begin(), some.end());
  }
  return bytes;
}

/// Cuts one entry off.
std::optional<ZipEntry> take_entry(std::string_view& rest) {
  if (rest.size() < kEntrySize || !rest.starts_with(kEntryMark)) return std::nullopt;
  const std::size_t name_length = u16(rest, 28);
  const std::size_t length = kEntrySize + name_length + u16(rest, 30) + u16(rest, 32);
  if (rest.size() < length || u16(rest, 34) != 0) return std::nullopt;
  ZipEntry entry;
  entry.name = rest.substr(kEntrySize, name_length);
  entry.flags = u16(rest, 8);
  entry.method = u16(rest, 10);
  entry.crc = u32(rest, 16);
  entry.packed = u32(rest, 20);
  entry.unpacked = u32(rest, 24);
  entry.header = u32(rest, 42);
  entry.link = is_link(rest);
  rest.remove_prefix(length);
  return entry;
}

std::optional<ZipFault> unusable(const ZipEntry& entry) {
  constexpr std::uint32_t kSeeZip64 = 0xFFFFFFFF;
  if ((entry.flags & kEncrypted) != 0) return fault(ZipTrouble::encrypted, entry.name);
  if (entry.method != kStored && entry.method != kDeflated) return fault(ZipTrouble::method, entry.name);
  if (entry.packed == kSeeZip64 || entry.unpacked == kSeeZip64 || entry.header == kSeeZip64)
    return fault(ZipTrouble::too_large, entry.name);
  if (entry.method == kStored && entry.packed != entry.unpacked) return fault(ZipTrouble::size, entry.name);
  return std::nullopt;
}

/// With the sizes after the data, the header before it may leave them out.
bool agrees(std::uint32_t local, std::uint32_t listed, bool may_follow) {
  return local == listed || (may_follow && (local == 0 || local == 0xFFFFFFFF));
}

bool agrees(std::string_view header, const ZipEntry& entry) {
  const bool follow = (u16(header, 6) & kSizesFollow) != 0;
  return (u16(header, 6) & kEncrypted) == 0 && u16(header, 8) == entry.method &&
         agrees(u32(header, 14), entry.crc, follow) && agrees(u32(header, 18), entry.packed, follow) &&
         agrees(u32(header, 22), entry.unpacked, follow);
}

}  // namespace

std::string_view name(ZipTrouble trouble) {
  constexpr std::array<std::string_view, 19> kNames = {
      "cannot be read",
      "not a zip archive",
      "an entry of its directory cannot be read",
      "its directory and its members disagree",
      "members overlap",
      "encrypted",
      "packed by an unknown method",
      "does not unpack",
      "not as long as it says",
      "its CRC-32 is wrong",
      "too many entries",
      "too large",
      "a decompression bomb",
      "a symbolic link",
      "no name for a file in a module",
      "two names that differ at most in case",
      "a go.mod file where none may be",
      "not a file of this module",
      "no files",
  };
  return kNames.at(static_cast<std::size_t>(trouble));
}

FileWindow::FileWindow(std::FILE* file) : descriptor_(::fileno(file)), buffer_(kMost) {
  struct stat facts {};
  broken_ = ::fstat(descriptor_, &facts) != 0 || facts.st_size < 0;
  if (!broken_) size_ = static_cast<std::uint64_t>(facts.st_size);
}

std::size_t FileWindow::fill(std::uint64_t offset) {
  start_ = offset;
  filled_ = 0;
  while (filled_ < buffer_.size()) {
    const auto from = static_cast<off_t>(offset + filled_);
    const ssize_t got = ::pread(descriptor_, buffer_.data() + filled_, buffer_.size() - filled_, from);
    if (got < 0 && errno == EINTR) continue;
    broken_ = broken_ || got < 0;
    if (got <= 0) break;
    filled_ += static_cast<std::size_t>(got);
  }
  return filled_;
}

std::optional<std::string_view> FileWindow::at(std::uint64_t offset, std::size_t length) {
  if (offset > size_ || length > size_ - offset || length > buffer_.size()) return std::nullopt;
  const bool have = offset >= start_ && offset + length <= start_ + filled_;
  if (!have && fill(offset) < length) {
    broken_ = true;
    return std::nullopt;
  }
  return std::string_view(buffer_.data() + (offset - start_), length);
}

std::string_view FileWindow::some(std::uint64_t offset, std::uint64_t most) {
  const bool have = offset >= start_ && offset < start_ + filled_;
  const std::size_t ready = have ? filled_ - (offset - start_) : fill(offset);
  return {buffer_.data() + (offset - start_), static_cast<std::size_t>(std::min<std::uint64_t>(ready, most))};
}

std::variant<ZipDirectory, ZipFault> read_zip_directory(FileWindow& window) {
  const auto end = read_end(window);
  if (const auto* trouble = std::get_if<ZipFault>(&end)) return *trouble;
  auto bytes = read_bytes(window, std::get<End>(end));
  if (const auto* trouble = std::get_if<ZipFault>(&bytes)) return *trouble;
  ZipDirectory directory{std::get<std::vector<char>>(std::move(bytes)), {}, std::get<End>(end).offset};
  std::string_view rest(directory.bytes.data(), directory.bytes.size());
  directory.entries.reserve(std::get<End>(end).entries);
  while (directory.entries.size() < std::get<End>(end).entries) {
    const auto entry = take_entry(rest);
    if (!entry) return fault(ZipTrouble::bad_entry, "entry " + std::to_string(directory.entries.size() + 1));
    if (auto trouble = unusable(*entry)) return *trouble;
    directory.entries.push_back(*entry);
  }
  if (!rest.empty()) return fault(ZipTrouble::not_a_zip, "a directory with more entries than its end says");
  return directory;
}

struct ZipMembers::Unpacking {
  const std::function<void(std::string_view)>& take;
  std::uint64_t most;
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;

  bool accept(std::string_view some) {
    bytes += some.size();
    if (bytes > most) return false;
    crc = crc32_of(some, crc);
    take(some);
    return true;
  }
};

std::optional<ZipFault> ZipMembers::open(const ZipEntry& entry) {
  if (entry.header < end_) return fault(ZipTrouble::overlap, entry.name);
  const auto header = window_.at(entry.header, kHeaderSize + entry.name.size());
  if (!header) return unreadable_or(window_, fault(ZipTrouble::mismatch, entry.name));
  if (!header->starts_with(kHeaderMark) || u16(*header, 26) != entry.name.size() ||
      header->substr(kHeaderSize) != entry.name || !agrees(*header, entry))
    return fault(ZipTrouble::mismatch, entry.name);
  data_ = entry.header + header->size() + u16(*header, 28);
  end_ = data_ + entry.packed;
  return std::nullopt;
}

std::optional<ZipTrouble> ZipMembers::copy(const ZipEntry& entry, Unpacking& unpacking) {
  while (unpacking.bytes < entry.packed) {
    const std::string_view some = window_.some(data_ + unpacking.bytes, entry.packed - unpacking.bytes);
    if (some.empty()) return window_.broken() ? ZipTrouble::unreadable : ZipTrouble::size;
    unpacking.accept(some);
  }
  return std::nullopt;
}

std::optional<ZipTrouble> ZipMembers::inflate(const ZipEntry& entry, Unpacking& unpacking) {
  inflate_.restart();
  const RawInflate::Take take = [&unpacking](std::string_view bytes) { return unpacking.accept(bytes); };
  for (std::uint64_t used = 0; used < entry.packed;) {
    std::string_view piece = window_.some(data_ + used, entry.packed - used);
    if (piece.empty()) return window_.broken() ? ZipTrouble::unreadable : ZipTrouble::corrupt;
    used += piece.size();
    const RawInflate::State state = inflate_.feed(piece, take);
    if (state == RawInflate::State::stopped) return ZipTrouble::size;
    if (state == RawInflate::State::corrupt) return ZipTrouble::corrupt;
    if (state != RawInflate::State::ended) continue;
    if (used != entry.packed || !piece.empty()) return ZipTrouble::size;
    return std::nullopt;
  }
  return ZipTrouble::corrupt;
}

std::optional<ZipFault> ZipMembers::read(const ZipEntry& entry, const std::function<void(std::string_view)>& take) {
  if (auto trouble = open(entry)) return trouble;
  Unpacking unpacking{take, entry.unpacked};
  const auto trouble = entry.method == kStored ? copy(entry, unpacking) : inflate(entry, unpacking);
  if (trouble) return fault(*trouble, entry.name);
  if (unpacking.bytes != entry.unpacked) return fault(ZipTrouble::size, entry.name);
  if (unpacking.crc != entry.crc) return fault(ZipTrouble::checksum, entry.name);
  return std::nullopt;
}

}  // namespace mw
