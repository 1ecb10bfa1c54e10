// Release files: what is taken from them and what makes them unreadable.
#include "probes/formats/release.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

const std::string kDigest(64, 'a');
const std::string kHead = "Suite: stable\nCodename: lab\nDate: Sat, 09 Aug 2025 09:05:00 UTC\n";

std::string error_of(const std::string& text) {
  const auto parsed = parse_release(text);
  return std::holds_alternative<std::string>(parsed) ? std::get<std::string>(parsed) : "";
}

}  // namespace

TEST_CASE("a Release is read") {
  const std::string text = kHead +
                           "Valid-Until: Sat, 16 Aug 2025 09:05:00 UTC\nAcquire-By-Hash: yes\nMD5Sum:\n 00 1 x\n" +
                           "SHA256:\n " + kDigest + "   12 main/binary-amd64/Packages\n " + kDigest + " 0 main/x\n";
  const auto parsed = parse_release(text);
  REQUIRE(std::holds_alternative<Release>(parsed));
  const auto& release = std::get<Release>(parsed);
  CHECK(release.suite == "stable");
  CHECK(release.codename == "lab");
  CHECK(release.date == SysTime(std::chrono::seconds(1754730300)));
  CHECK(release.valid_until == SysTime(std::chrono::seconds(1755335100)));
  CHECK(release.acquire_by_hash);
  CHECK(release.files.size() == 2);
  CHECK(release.files.at("main/binary-amd64/Packages") == ListedFile{12, kDigest});
}

TEST_CASE("a SHA512 table adds to what the SHA256 table lists, and to nothing else") {
  const std::string strong(128, 'b');
  const std::string text = kHead + "SHA256:\n " + kDigest + " 1 x\n " + kDigest + " 2 y\nSHA512:\n " + strong +
                           " 1 x\n " + strong + " 3 y\n " + strong + " 1 z\n";
  const auto parsed = parse_release(text);
  REQUIRE(std::holds_alternative<Release>(parsed));
  const auto& files = std::get<Release>(parsed).files;
  CHECK(files.size() == 2);
  CHECK(files.at("x").sha512 == strong);
  CHECK(files.at("y").sha512.empty());
  CHECK(error_of(kHead + "SHA256:\n " + kDigest + " 1 x\nSHA512:\n " + kDigest + " 1 x\n") ==
        "its SHA512 table has a bad line");
}

TEST_CASE("Valid-Until and Acquire-By-Hash may be absent") {
  const auto parsed = parse_release(kHead + "SHA256:\n " + kDigest + " 1 x\n");
  REQUIRE(std::holds_alternative<Release>(parsed));
  CHECK_FALSE(std::get<Release>(parsed).valid_until);
  CHECK_FALSE(std::get<Release>(parsed).acquire_by_hash);
}

TEST_CASE("what makes a Release unreadable is named") {
  const std::string table = "SHA256:\n " + kDigest + " 1 x\n";
  CHECK(error_of("") == "it is empty");
  CHECK(error_of("Suite: stable\n" + table) == "it has no Date");
  CHECK(error_of("Date: yesterday\n" + table) == "its Date cannot be read: yesterday");
  CHECK(error_of(kHead + "Valid-Until: never\n" + table) == "its Valid-Until cannot be read: never");
  CHECK(error_of(kHead) == "it has no SHA256 table");
  CHECK(error_of(kHead + table + "\nSuite: other\n") == "it has more than one paragraph");
  CHECK(error_of("<html>\n") == "it holds a line that is no field");
  CHECK(error_of(kHead + "SHA256:\n " + kDigest + " 1 x\n " + kDigest + " 2 x\n") == "it lists x twice, differently");
}

TEST_CASE("a bad line spoils the SHA256 table") {
  const std::string lines[] = {"abc 1 x",
                               " 1 x",
                               kDigest + " -1 x",
                               kDigest + " 1",
                               kDigest + " 1 x y",
                               kDigest + " 99999999999999999999999 x",
                               std::string(64, 'A') + " 1 x",
                               kDigest + "0 1 x"};
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(error_of(kHead + "SHA256:\n " + line + "\n") == "its SHA256 table has a bad line");
  }
}
