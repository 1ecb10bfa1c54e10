// Makes zip archives byte by byte, so that a test can make them lie.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "probes/formats/inflate.hpp"
#include "probes/spool.hpp"

namespace mw {

/// A member, right unless told otherwise.
struct MadeMember {
  std::string name;
  std::string content;
  std::optional<std::string> packed = {};      ///< the bytes in the archive; else the content, stored
  std::optional<std::string> local_name = {};  ///< in the header before the bytes
  std::optional<std::uint32_t> size = {};      ///< unpacked, in the directory and the header
  std::optional<std::uint32_t> local_size = {};
  std::optional<std::uint32_t> crc = {};
  std::optional<std::uint32_t> header = {};  ///< where the directory says the member begins
  std::uint16_t method = 0;
  std::uint16_t flags = 0;
  std::uint16_t local_flags = 0;
  std::uint16_t made_by = 0;
  std::uint32_t attributes = 0;
  std::string local_extra = {};
  std::string after = {};  ///< bytes between this member and the next
};

/// Deflate without compression: blocks of the bytes as they are.
inline std::string deflated(const std::string& content) {
  constexpr std::size_t kBlock = 65'535;
  std::string out;
  for (std::size_t at = 0; at == 0 || at < content.size(); at += kBlock) {
    const std::string block = content.substr(at, kBlock);
    const auto size = static_cast<std::uint16_t>(block.size());
    const auto inverse = static_cast<std::uint16_t>(~size);
    out += {static_cast<char>(at + kBlock >= content.size() ? 1 : 0), static_cast<char>(size & 0xFF),
            static_cast<char>(size >> 8), static_cast<char>(inverse & 0xFF), static_cast<char>(inverse >> 8)};
    out += block;
  }
  return out;
}

class ZipMaker {
 public:
  std::vector<MadeMember> members;
  std::string comment;
  std::optional<std::uint16_t> count;             ///< what the end says
  std::optional<std::uint32_t> directory_size;    ///< the same
  std::optional<std::uint32_t> directory_offset;  ///< the same

  std::string bytes() const {
    std::string out;
    std::string directory;
    for (const MadeMember& one : members) {
      const auto begin = static_cast<std::uint32_t>(out.size());
      add_member(out, one);
      add_entry(directory, one, begin);
    }
    const auto offset = static_cast<std::uint32_t>(out.size());
    out += directory;
    const auto entries = static_cast<std::uint16_t>(count.value_or(static_cast<std::uint16_t>(members.size())));
    out += "PK\x05\x06";
    put(out, 0, 4);
    put(out, entries, 2);
    put(out, entries, 2);
    put(out, directory_size.value_or(static_cast<std::uint32_t>(directory.size())), 4);
    put(out, directory_offset.value_or(offset), 4);
    put(out, static_cast<std::uint32_t>(comment.size()), 2);
    return out + comment;
  }

  static void put(std::string& out, std::uint32_t value, int length) {
    for (int i = 0; i < length; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  }

 private:
  static const std::string& data(const MadeMember& one) { return one.packed ? *one.packed : one.content; }
  static std::uint32_t crc(const MadeMember& one) { return one.crc.value_or(crc32_of(one.content, 0)); }
  static std::uint32_t size(const MadeMember& one) {
    return one.size.value_or(static_cast<std::uint32_t>(one.content.size()));
  }

  static void add_member(std::string& out, const MadeMember& one) {
    const std::string& name = one.local_name ? *one.local_name : one.name;
    out += "PK\x03\x04";
    put(out, 20, 2);
    put(out, one.local_flags | one.flags, 2);
    put(out, one.method, 2);
    put(out, 0, 4);
    put(out, crc(one), 4);
    put(out, static_cast<std::uint32_t>(data(one).size()), 4);
    put(out, one.local_size.value_or(size(one)), 4);
    put(out, static_cast<std::uint32_t>(name.size()), 2);
    put(out, static_cast<std::uint32_t>(one.local_extra.size()), 2);
    out += name + one.local_extra + data(one) + one.after;
  }

  static void add_entry(std::string& out, const MadeMember& one, std::uint32_t begin) {
    out += "PK\x01\x02";
    put(out, static_cast<std::uint32_t>(one.made_by << 8) | 20, 2);
    put(out, 20, 2);
    put(out, one.flags, 2);
    put(out, one.method, 2);
    put(out, 0, 4);
    put(out, crc(one), 4);
    put(out, static_cast<std::uint32_t>(data(one).size()), 4);
    put(out, size(one), 4);
    put(out, static_cast<std::uint32_t>(one.name.size()), 2);
    put(out, 0, 4);
    put(out, 0, 4);
    put(out, one.attributes, 4);
    put(out, one.header.value_or(begin), 4);
    out += one.name;
  }
};

/// A file with these bytes, at its start.
inline std::shared_ptr<Spool> spooled(const std::string& bytes) {
  auto spool = Spool::make();
  spool->append(bytes);
  spool->rewind();
  return spool;
}

}  // namespace mw
