// DNS messages (RFC 1035): a question in bytes, an answer out of bytes. Pure; takes anything from anybody.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mw {

struct DnsQuestion {
  std::uint16_t id = 0;
  std::string name;
  std::uint16_t type = 1;
  std::uint16_t klass = 1;
  bool recursion_desired = true;
};

/// Nothing when `name` cannot be a domain name.
std::optional<std::string> dns_query(const DnsQuestion&);

struct DnsRecord {
  std::string name;
  std::uint16_t type = 0;
  std::uint16_t klass = 0;
  std::uint32_t ttl = 0;
  std::string data;                     ///< as a zone file has it
  std::optional<std::uint32_t> serial;  ///< of a SOA

  /// The line of a zone file: name, TTL, class, type and data, with a tab between.
  std::string text() const;
};

struct DnsMessage {
  std::uint16_t id = 0;
  int response_code = 0;
  bool is_response = false;
  bool truncated = false;
  std::vector<DnsRecord> answers;
  std::vector<DnsRecord> authorities;
  std::vector<DnsRecord> additionals;
};

/// The error says what is wrong with the bytes.
std::variant<DnsMessage, std::string> parse_dns_message(std::string_view bytes);

}  // namespace mw
