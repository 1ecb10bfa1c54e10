// DNS messages byte by byte, among them those that want to loop, to grow or to reach outside.
#include "probes/formats/dns_message.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

/// A response with one question (example.org A), and one record in the answer section.
std::string response(std::uint16_t type, const std::string& data) {
  std::string out = bytes({0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0});
  out += bytes({7}) + "example" + bytes({3}) + "org" + bytes({0, 0, 1, 0, 1});
  out += bytes({0xC0, 12, type >> 8, type & 255, 0, 1, 0, 0, 0x0E, 0x10});
  out += bytes({static_cast<int>(data.size() >> 8U), static_cast<int>(data.size() & 255U)});
  return out + data;
}

std::string answer_text(std::uint16_t type, const std::string& data) {
  const auto parsed = parse_dns_message(response(type, data));
  if (const auto* error = std::get_if<std::string>(&parsed)) return "error: " + *error;
  return std::get<DnsMessage>(parsed).answers.at(0).text();
}

std::string error_of(const std::string& message) {
  const auto parsed = parse_dns_message(message);
  const auto* error = std::get_if<std::string>(&parsed);
  return error == nullptr ? "" : *error;
}

}  // namespace

TEST_CASE("dns message: a question in bytes") {
  DnsQuestion question;
  question.id = 0x1234;
  question.name = "example.org";
  const std::string expected =
      bytes({0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7}) + "example" + bytes({3}) + "org" + bytes({0, 0, 1, 0, 1});
  CHECK(dns_query(question) == expected);
  question.name = "example.org.";
  CHECK(dns_query(question) == expected);
  question.name = ".";
  CHECK(dns_query(question)->size() == 17);
  for (const std::string& bad : {std::string("a..b"), std::string(".."), std::string(64, 'a') + ".org"}) {
    question.name = bad;
    CHECK(!dns_query(question));
  }
  question.name.clear();
  for (int i = 0; i < 64; ++i) question.name += "abc.";
  CHECK(!dns_query(question));
}

TEST_CASE("dns message: records read as in a zone file") {
  const std::string head = "example.org.\t3600\tIN\t";
  CHECK(answer_text(1, bytes({192, 0, 2, 1})) == head + "A\t192.0.2.1");
  CHECK(answer_text(28, bytes({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})) == head + "AAAA\t2001:db8::1");
  CHECK(answer_text(2, bytes({2}) + "ns" + bytes({0xC0, 12})) == head + "NS\tns.example.org.");
  CHECK(answer_text(15, bytes({0, 10, 2}) + "mx" + bytes({0xC0, 12})) == head + "MX\t10 mx.example.org.");
  CHECK(answer_text(16, bytes({5}) + "a \"b\\" + bytes({1, 7})) == head + R"(TXT)" + "\t" + R"("a \"b\\" "\007")");
  CHECK(answer_text(33, bytes({0, 1, 0, 2, 0, 80, 0})) == head + "SRV\t1 2 80 .");
  CHECK(answer_text(43, bytes({1, 2, 8, 2, 0xAB, 0xCD})) == head + "DS\t258 8 2 ABCD");
  CHECK(answer_text(48, bytes({1, 1, 3, 8, 'a', 'b', 'c'})) == head + "DNSKEY\t257 3 8 YWJj");
  CHECK(answer_text(52, bytes({3, 1, 1, 0xAB})) == head + "TLSA\t3 1 1 ab");
  CHECK(answer_text(257, bytes({0, 5}) + "issue" + "ca.test") == head + "CAA\t0 issue \"ca.test\"");
  CHECK(answer_text(47, bytes({0xC0, 12, 0, 2, 0x40, 0x01})) == head + "NSEC\texample.org. A MX");
  CHECK(answer_text(65280, bytes({1, 2, 3})) == head + "TYPE65280\t\\# 3 010203");
  CHECK(answer_text(46, bytes({0, 1, 8, 2, 0, 0, 0x0E, 0x10, 0x5E, 0x0B, 0xE1, 0x00,
                               0, 0, 0, 0, 0, 7, 0xC0, 12,   'a',  'b',  'c'})) ==
        head + "RRSIG\tA 8 2 3600 20200101000000 19700101000000 7 example.org. YWJj");
}

TEST_CASE("dns message: a SOA has a serial") {
  const std::string data =
      bytes({0xC0, 12, 4}) + "host" + bytes({0xC0, 12, 0, 0, 0, 42, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4});
  const auto parsed = parse_dns_message(response(6, data));
  const DnsRecord& record = std::get<DnsMessage>(parsed).answers.at(0);
  CHECK(record.serial == 42);
  CHECK(record.data == "example.org. host.example.org. 42 1 2 3 4");
}

TEST_CASE("dns message: names are escaped") {
  CHECK(answer_text(2, bytes({4, 'a', '.', 1, '"', 0})) == "example.org.\t3600\tIN\tNS\ta\\.\\001\\\".");
}

TEST_CASE("dns message: the header") {
  const auto parsed = parse_dns_message(bytes({0x12, 0x34, 0x83, 0x85, 0, 0, 0, 0, 0, 0, 0, 0}));
  const auto& message = std::get<DnsMessage>(parsed);
  CHECK(message.id == 0x1234);
  CHECK(message.is_response);
  CHECK(message.truncated);
  CHECK(message.response_code == 5);
}

TEST_CASE("dns message: what cannot be is refused") {
  CHECK(error_of("") == "shorter than a header");
  CHECK(error_of(bytes({0, 0, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0})) == "ends in the question");
  CHECK(answer_text(1, bytes({1, 2, 3})).starts_with("error: a broken record"));
  CHECK(answer_text(1, bytes({1, 2, 3, 4, 5})).starts_with("error: a broken record"));
  CHECK(answer_text(28, bytes({1, 2, 3, 4})).starts_with("error: a broken record"));
  CHECK(answer_text(2, bytes({0xC0, 40})).starts_with("error: a broken record"));  // to itself
  CHECK(answer_text(2, bytes({0xC0, 200})).starts_with("error: a broken record"));
  CHECK(answer_text(2, bytes({0x80, 0})).starts_with("error: a broken record"));
  CHECK(answer_text(16, bytes({9, 'a'})).starts_with("error: a broken record"));
  // Two pointers at each other.
  std::string loop = bytes({0, 0, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 14, 0xC0, 12, 0, 1, 0, 1});
  CHECK(error_of(loop) == "ends in the question");
  // A name of more than 255 bytes.
  std::string longest = bytes({0, 0, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0});
  for (int i = 0; i < 5; ++i) longest += bytes({63}) + std::string(63, 'a');
  CHECK(error_of(longest + bytes({0, 0, 1, 0, 1})) == "ends in the question");
}
