// Trace files of mirrors: each form that is written out there, and what is refused.
#include "probes/formats/trace.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

constexpr SysTime kMoment(std::chrono::seconds(1719908685));  // Tue, 02 Jul 2024 08:24:45 UTC
const std::string kLine = "Tue Jul  2 08:24:45 UTC 2024\n";

std::string error_of(const std::string& text) {
  const auto parsed = parse_trace(text);
  return std::holds_alternative<std::string>(parsed) ? std::get<std::string>(parsed) : "";
}

}  // namespace

TEST_CASE("a trace as ftpsync writes it") {
  const auto parsed = parse_trace(kLine + "Date: Tue, 02 Jul 2024 08:24:45 +0000\nArchive serial: 2024070202\n" +
                                  "Creator: ftpsync 20180513\nUpstream-mirror: upstream.example.org\n");
  REQUIRE(std::holds_alternative<Trace>(parsed));
  CHECK(std::get<Trace>(parsed) == Trace{kMoment, 2024070202});
}

TEST_CASE("a trace of one line, in each form of date") {
  for (const std::string& text :
       {kLine, std::string("Tue Jul  2 08:24:45 UTC 2024"), std::string("Tue Jul 02 08:24:45 GMT 2024\r\n"),
        std::string("1719908685\n"), std::string("Tue, 02 Jul 2024 08:24:45 +0000\n\n")}) {
    INFO(text);
    const auto parsed = parse_trace(text);
    REQUIRE(std::holds_alternative<Trace>(parsed));
    CHECK(std::get<Trace>(parsed) == Trace{kMoment, std::nullopt});
  }
}

TEST_CASE("what is no trace is refused, with the reason") {
  CHECK(error_of("") == "its first line is no date");
  CHECK(error_of("Tue Jul  2 08:24:45 CEST 2024\n") == "its first line is no date");
  CHECK(error_of("Tue Feb 30 08:24:45 UTC 2024\n") == "its first line is no date");
  CHECK(error_of("2024070202\n") == "");  // ten digits are an epoch, of 2034
  CHECK(error_of("1719908685123\n") == "its first line is no date");
  CHECK(error_of("-1\n") == "its first line is no date");
  CHECK(error_of("<html><body>Tue</body></html>") == "it is a web page");
  CHECK(error_of(kLine + "no colon here\n") == "it has a line that is no \"Key: value\"");
  CHECK(error_of(kLine + "Archive serial: soon\n") == "its Archive serial cannot be read");
  CHECK(error_of(kLine + "Archive serial: 99999999999999999999\n") == "its Archive serial cannot be read");
  CHECK(error_of(kLine + "Archive serial: 1\nArchive serial: 2\n") == "its Archive serial cannot be read");
  CHECK(error_of(kLine + std::string("a: \0", 4)) == "it has a control character");
  CHECK(error_of(kLine + "Sponsor: " + std::string(1024, 'x')) == "it is longer than 1024 bytes");
}
