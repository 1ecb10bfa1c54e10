// Reading with a cursor that cannot leave the message, and names that can only point backwards.
#include "probes/formats/dns_message.hpp"

#include "probes/formats/dns_names.hpp"
#include "probes/formats/dns_record_data.hpp"

namespace mw {

namespace {

constexpr std::size_t kLongestName = 255;
constexpr std::size_t kLongestLabel = 63;

void put(std::string& bytes, std::uint16_t value) {
  bytes += static_cast<char>(value >> 8U);
  bytes += static_cast<char>(value & 0xFFU);
}

/// False for an empty label, one too long, or a name too long as a whole.
bool put_name(std::string& bytes, std::string_view name) {
  const std::size_t begin = bytes.size();
  if (name.ends_with('.')) name.remove_suffix(1);
  while (!name.empty()) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (label.empty() || label.size() > kLongestLabel) return false;
    bytes += static_cast<char>(label.size());
    bytes += label;
    name = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
    if (dot != std::string_view::npos && name.empty()) return false;
  }
  bytes += '\0';
  return bytes.size() - begin <= kLongestName;
}

/// False when the message ends in the middle of it.
bool read_records(DnsReader& reader, std::size_t count, std::vector<DnsRecord>& into) {
  for (std::size_t i = 0; i < count; ++i) {
    DnsRecord record;
    record.name = reader.name();
    record.type = reader.u16();
    record.klass = reader.u16();
    record.ttl = reader.u32();
    const std::size_t length = reader.u16();
    if (!reader.ok()) return false;
    read_record_data(reader, length, record);
    if (!reader.ok()) return false;
    into.push_back(std::move(record));
  }
  return true;
}

}  // namespace

std::optional<std::string> dns_query(const DnsQuestion& question) {
  std::string bytes;
  put(bytes, question.id);
  put(bytes, question.recursion_desired ? 0x0100 : 0);
  bytes += std::string_view("\0\1\0\0\0\0\0\0", 8);  // one question, nothing else
  if (!put_name(bytes, question.name)) return std::nullopt;
  put(bytes, question.type);
  put(bytes, question.klass);
  return bytes;
}

std::string DnsRecord::text() const {
  return name + "\t" + std::to_string(ttl) + "\t" + record_class_name(klass) + "\t" + record_type_name(type) + "\t" +
         data;
}

std::variant<DnsMessage, std::string> parse_dns_message(std::string_view bytes) {
  DnsReader reader(bytes);
  DnsMessage message;
  message.id = reader.u16();
  const std::uint16_t flags = reader.u16();
  message.is_response = (flags & 0x8000U) != 0;
  message.truncated = (flags & 0x0200U) != 0;
  message.response_code = static_cast<int>(flags & 15U);
  const std::size_t questions = reader.u16();
  const std::size_t answers = reader.u16();
  const std::size_t authorities = reader.u16();
  const std::size_t additionals = reader.u16();
  if (!reader.ok()) return "shorter than a header";
  for (std::size_t i = 0; i < questions && reader.ok(); ++i) {
    reader.name();
    reader.u32();
  }
  if (!reader.ok()) return "ends in the question";
  if (!read_records(reader, answers, message.answers)) return "a broken record in the answer section";
  if (!read_records(reader, authorities, message.authorities)) return "a broken record in the authority section";
  if (!read_records(reader, additionals, message.additionals)) return "a broken record in the additional section";
  return message;
}

}  // namespace mw
