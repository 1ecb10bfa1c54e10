// One function per form of data.
#include "probes/formats/dns_record_data.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "probes/address.hpp"
#include "probes/formats/base64.hpp"
#include "probes/formats/dns_names.hpp"

namespace mw {

// ---- the reader ---------------------------------------------------------------------------------------------

std::string_view DnsReader::bytes(std::size_t count) {
  if (!ok_ || at_ > message_.size() || count > message_.size() - at_) {
    ok_ = false;
    return {};
  }
  const std::string_view taken = message_.substr(at_, count);
  at_ += count;
  return taken;
}

std::uint8_t DnsReader::u8() {
  const std::string_view one = bytes(1);
  return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one[0]);
}

std::uint16_t DnsReader::u16() {
  const unsigned high = u8();
  return static_cast<std::uint16_t>((high << 8U) | u8());
}

std::uint32_t DnsReader::u32() {
  const std::uint32_t high = u16();
  return (high << 16U) | u16();
}

namespace {

void escape_byte(std::string& text, unsigned char byte) {
  text += '\\';
  text += static_cast<char>('0' + byte / 100);
  text += static_cast<char>('0' + byte / 10 % 10);
  text += static_cast<char>('0' + byte % 10);
}

void escape_label(std::string& text, std::string_view label) {
  constexpr std::string_view kSpecial = ".\\\"'@;() ";
  for (const char c : label) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte > '~') {
      escape_byte(text, byte);
      continue;
    }
    if (kSpecial.find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  text += '.';
}

std::string quoted(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte > '~') {
      escape_byte(text, byte);
      continue;
    }
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

std::string hex(std::string_view bytes, bool upper) {
  const std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4U];
    text += digits[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

}  // namespace

std::string DnsReader::name() {
  constexpr std::size_t kLongest = 255;
  std::string text;
  std::size_t length = 0;
  std::size_t after = 0;    // where to go on once a pointer has been followed
  std::size_t bound = at_;  // pointers go to before this: each further back than the one before it
  while (ok_) {
    const std::size_t here = at_;
    const std::size_t size = u8();
    if (size == 0) break;
    if (size >= 0xC0) {
      const std::size_t target = ((size & 0x3FU) << 8U) | u8();
      if (after == 0) after = at_;
      ok_ = ok_ && target < bound && target < here;
      bound = target;
      at_ = target;
      continue;
    }
    length += size + 1;
    ok_ = ok_ && size < 64 && length < kLongest;
    escape_label(text, bytes(size));
  }
  if (after != 0) at_ = after;
  if (!ok_) return {};
  return text.empty() ? "." : text;
}

// ---- the forms ----------------------------------------------------------------------------------------------

namespace {

std::string number(unsigned long value) { return std::to_string(value); }

/// One reader, and where the data ends.
struct Data {
  DnsReader& in;
  std::size_t end;

  std::size_t left() const { return in.ok() && in.at() < end ? end - in.at() : 0; }
  std::string_view rest() { return in.bytes(left()); }
  std::string_view string() { return in.bytes(in.u8()); }
};

std::string address(Data& data, std::size_t size) {
  Address value;
  value.v6 = size == 16;
  const std::string_view bytes = data.in.bytes(size);
  std::copy(bytes.begin(), bytes.end(), value.bytes.begin());
  return to_string(value);
}

std::string strings(Data& data) {
  std::string text;
  while (data.left() > 0) text += (text.empty() ? "" : " ") + quoted(data.string());
  return text;
}

std::string soa(Data& data, DnsRecord& record) {
  std::string text = data.in.name();
  text += " " + data.in.name();
  record.serial = data.in.u32();
  text += " " + number(*record.serial);
  for (int i = 0; i < 4; ++i) text += " " + number(data.in.u32());
  return text;
}

std::string srv(Data& data) {
  std::string text;
  for (int i = 0; i < 3; ++i) text += number(data.in.u16()) + " ";
  return text + data.in.name();
}

std::string naptr(Data& data) {
  std::string text = number(data.in.u16());
  text += " " + number(data.in.u16());
  for (int i = 0; i < 3; ++i) text += " " + quoted(data.string());
  return text + " " + data.in.name();
}

std::string caa(Data& data) {
  std::string text = number(data.in.u8());
  text += " " + std::string(data.string());
  return text + " " + quoted(data.rest());
}

/// A number or two, then hex: DS, TLSA, SSHFP.
std::string numbers_and_hex(Data& data, std::initializer_list<int> sizes, bool upper) {
  std::string text;
  for (const int size : sizes) text += number(size == 2 ? data.in.u16() : data.in.u8()) + " ";
  return text + hex(data.rest(), upper);
}

std::string dnskey(Data& data) {
  std::string text = number(data.in.u16());
  text += " " + number(data.in.u8());
  text += " " + number(data.in.u8());
  return text + " " + base64(data.rest());
}

/// RFC 4034 §3.2: YYYYMMDDHHmmSS.
std::string moment(std::uint32_t seconds) {
  const auto time = std::chrono::sys_seconds(std::chrono::seconds(seconds));
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const auto padded = [](unsigned long value, std::size_t width) {
    const std::string digits = number(value);
    return std::string(width - std::min(width, digits.size()), '0') + digits;
  };
  return padded(static_cast<unsigned long>(static_cast<int>(date.year())), 4) +
         padded(static_cast<unsigned>(date.month()), 2) + padded(static_cast<unsigned>(date.day()), 2) +
         padded(static_cast<unsigned long>(clock.hours().count()), 2) +
         padded(static_cast<unsigned long>(clock.minutes().count()), 2) +
         padded(static_cast<unsigned long>(clock.seconds().count()), 2);
}

std::string rrsig(Data& data) {
  std::string text = record_type_name(data.in.u16());
  text += " " + number(data.in.u8());
  text += " " + number(data.in.u8());
  text += " " + number(data.in.u32());
  text += " " + moment(data.in.u32());
  text += " " + moment(data.in.u32());
  text += " " + number(data.in.u16());
  text += " " + data.in.name();
  return text + " " + base64(data.rest());
}

/// RFC 4034 §4.1.2.
std::string type_map(Data& data) {
  std::string text;
  while (data.left() > 2) {
    const unsigned window = data.in.u8();
    const std::string_view bits = data.string();
    for (std::size_t i = 0; i < bits.size() * 8; ++i) {
      const unsigned byte = static_cast<unsigned char>(bits[i / 8]);
      if (((byte << (i % 8)) & 0x80U) != 0)
        text += " " + record_type_name(static_cast<std::uint16_t>(window * 256 + i));
    }
  }
  return text;
}

std::string nsec(Data& data) {
  std::string text = data.in.name();
  return text + type_map(data);
}

std::string unknown(Data& data) {
  const std::size_t size = data.left();
  return "\\# " + number(size) + (size > 0 ? " " + hex(data.rest(), false) : "");
}

std::string form_of_names(Data& data, std::uint16_t type) {
  if (type == 15) {  // MX
    std::string text = number(data.in.u16());
    return text + " " + data.in.name();
  }
  return data.in.name();
}

std::string form(Data& data, DnsRecord& record) {
  switch (record.type) {
    case 1:  // A
      return address(data, 4);
    case 28:  // AAAA
      return address(data, 16);
    case 2:  // NS, CNAME, PTR, MX, DNAME
    case 5:
    case 12:
    case 15:
    case 39:
      return form_of_names(data, record.type);
    case 6:
      return soa(data, record);
    case 13:  // HINFO, TXT, SPF
    case 16:
    case 99:
      return strings(data);
    case 33:
      return srv(data);
    case 35:
      return naptr(data);
    case 43:  // DS, CDS
    case 59:
      return numbers_and_hex(data, {2, 1, 1}, true);
    case 44:  // SSHFP
      return numbers_and_hex(data, {1, 1}, true);
    case 46:
      return rrsig(data);
    case 47:
      return nsec(data);
    case 48:  // DNSKEY, CDNSKEY
    case 60:
      return dnskey(data);
    case 52:  // TLSA, SMIMEA
    case 53:
      return numbers_and_hex(data, {1, 1, 1}, false);
    case 257:
      return caa(data);
    default:
      return unknown(data);
  }
}

}  // namespace

void read_record_data(DnsReader& in, std::size_t length, DnsRecord& record) {
  Data data{in, in.at() + length};
  // Updates and queries for ANY may carry records without data.
  record.data = length == 0 ? std::string() : form(data, record);
  if (in.ok() && in.at() != data.end) in.give_up();
}

}  // namespace mw
