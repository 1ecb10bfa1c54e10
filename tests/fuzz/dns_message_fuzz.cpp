// Answers of DNS servers: whatever comes is read or refused, within its own length and with a bounded text.
#include "probes/formats/dns_message.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

namespace {

void check(const DnsMessage& message, std::size_t size) {
  std::size_t records = 0;
  for (const auto* section : {&message.answers, &message.authorities, &message.additionals})
    for (const DnsRecord& record : *section) {
      ++records;
      // Names of 255 bytes are at most four times as long in escapes, and there are three in a SOA record; a bit of a
      // map of types can become "TYPE65535 ".
      must(record.text().size() <= 4096 + 100 * size);
    }
  must(records * 11 <= size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = as_text(data, size);
  const auto parsed = parse_dns_message(bytes);
  if (const auto* message = std::get_if<DnsMessage>(&parsed)) check(*message, size);
  DnsQuestion question;
  question.name = bytes;
  if (const auto query = dns_query(question)) must(std::holds_alternative<DnsMessage>(parse_dns_message(*query)));
  return 0;
}
