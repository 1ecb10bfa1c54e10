// The data of DNS records as zone files have it. Pure; for dns_message.cpp only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "probes/formats/dns_message.hpp"

namespace mw {

/// Walks through a message. After a step beyond its end ok() is false and everything read is zero or empty.
class DnsReader {
 public:
  explicit DnsReader(std::string_view message) : message_(message) {}

  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::string_view bytes(std::size_t count);
  /// Absolute, with a dot at the end; compression (RFC 1035 §4.1.4) undone, what is not plain text escaped.
  std::string name();

  bool ok() const { return ok_; }
  std::size_t at() const { return at_; }
  void go_to(std::size_t at) { at_ = at; }
  void give_up() { ok_ = false; }

 private:
  std::string_view message_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

/// Reads `length` bytes of data for `record`, whose type is known. Data that is not what its type says is broken; that
/// of a type without a form of its own is told as RFC 3597 has it.
void read_record_data(DnsReader&, std::size_t length, DnsRecord& record);

}  // namespace mw
