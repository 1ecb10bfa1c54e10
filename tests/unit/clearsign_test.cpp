// Clearsigned files: right in exactly one way, wrong in every way that verifiers have been fooled with.
#include "probes/formats/clearsign.hpp"

#include <catch2/catch.hpp>

#include "tests/support/file.hpp"

using namespace mw;
using namespace std::string_literals;

namespace {

const std::string kBegin = "-----BEGIN PGP SIGNED MESSAGE-----\n";
const std::string kSignature = "-----BEGIN PGP SIGNATURE-----\n\niQ==\n=abcd\n-----END PGP SIGNATURE-----\n";
const std::string kGood = kBegin + "Hash: SHA256\n\nOrigin: Lab\n- -dash\n\nDate: x\n" + kSignature;

std::string with_crlf(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\r\n"s : std::string(1, c);
  return out;
}

std::string trouble(const std::string& text) { return clearsign_trouble(text).value_or("none"); }

}  // namespace

TEST_CASE("clearsigned files are let through") {
  CHECK(trouble(kGood) == "none");
  CHECK(trouble(with_crlf(kGood)) == "none");
  CHECK(trouble(kGood + "\n \t\n\n") == "none");
  CHECK(trouble(kGood.substr(0, kGood.size() - 1)) == "none");
  CHECK(trouble(kBegin + "\nno hash header\n" + kSignature) == "none");
  CHECK(trouble(kBegin + "Hash: SHA256\nHash: SHA512\n\ntwo\n" + kSignature) == "none");
  CHECK(trouble(source_file("tests/fixtures/apt/good.InRelease")) == "none");
  CHECK(trouble(source_file("tests/fixtures/apt/two_keys.InRelease")) == "none");
}

TEST_CASE("anything before, after or inside is refused") {
  const std::string text = "Origin: Evil\n";
  CHECK(trouble(text + kGood) == "it does not begin with a signed message");
  CHECK(trouble("\n" + kGood) == "it does not begin with a signed message");
  CHECK(trouble("\xEF\xBB\xBF" + kGood) == "it does not begin with a signed message");
  CHECK(trouble(kGood + text) == "something follows its signature");
  CHECK(trouble(kGood + kGood) == "something follows its signature");
  CHECK(trouble(kGood + kSignature) == "something follows its signature");
  CHECK(trouble(kBegin + text + "\nx\n" + kSignature) == "it has an armour header other than Hash");
  CHECK(trouble(kBegin + "NotDashEscaped: yes\n\nx\n" + kSignature) == "it has an armour header other than Hash");
}

TEST_CASE("blocks inside blocks are refused") {
  CHECK(trouble(kBegin + "\nx\n" + kBegin + "\ny\n" + kSignature) == "its text has a dash that is not escaped");
  CHECK(trouble(kBegin + "\n-dash\n" + kSignature) == "its text has a dash that is not escaped");
  CHECK(trouble(kBegin + "\n-----END PGP SIGNATURE-----\n" + kSignature) == "its text has a dash that is not escaped");
  CHECK(trouble(kBegin + "\nx\n-----BEGIN PGP SIGNATURE-----\n" + kSignature) ==
        "something else stands inside its signature");
  CHECK(trouble(kBegin + "\nx\n-----BEGIN PGP SIGNATURE-----\n-----BEGIN PGP MESSAGE-----\n") ==
        "something else stands inside its signature");
}

TEST_CASE("every cut is seen") {
  CHECK(trouble("") == "it is empty");
  for (std::size_t length = 1; length < kGood.size() - 1; ++length) {
    INFO(length);
    CHECK(clearsign_trouble(std::string_view(kGood).substr(0, length)));
  }
}

TEST_CASE("bytes that readers disagree about are refused") {
  CHECK(trouble(kBegin + "\nOrigin: Lab\0Evil\n"s + kSignature) == "it has a control character");
  CHECK(trouble(kBegin + "\nOrigin: Lab\rDate: x\n" + kSignature) == "it has a control character");
  CHECK(trouble(kBegin + "\nOrigin: Lab\vDate: x\n" + kSignature) == "it has a control character");
  CHECK(trouble(kBegin + "\nOrigin: Lab\x1b[2J\n" + kSignature) == "it has a control character");
}

TEST_CASE("lines and signatures have a longest size") {
  CHECK(trouble(kBegin + "\n" + std::string(kMaxSignedLine, 'x') + "\n" + kSignature) == "none");
  CHECK(trouble(kBegin + "\n" + std::string(kMaxSignedLine + 1, 'x') + "\n" + kSignature) ==
        "it has a line longer than 16384 bytes");
  std::string armour;
  for (int i = 0; i < 1100; ++i) armour += std::string(64, 'A') + "\n";
  CHECK(trouble(kBegin + "\nx\n-----BEGIN PGP SIGNATURE-----\n\n" + armour + "-----END PGP SIGNATURE-----\n") ==
        "its signature is longer than 65536 bytes");
}

TEST_CASE("a detached signature is one armoured block and nothing else") {
  const auto detached = [](const std::string& text) { return detached_trouble(text).value_or("none"); };
  CHECK(detached(kSignature) == "none");
  CHECK(detached(with_crlf(kSignature)) == "none");
  CHECK(detached(kSignature + "\n\n") == "none");
  CHECK(detached("") == "it is empty");
  CHECK(detached(kGood) == "it does not begin with a signature");
  CHECK(detached("\n" + kSignature) == "it does not begin with a signature");
  CHECK(detached("\x88\x75") == "it does not begin with a signature");
  CHECK(detached(kSignature + kSignature) == "something follows its signature");
  CHECK(detached(kSignature.substr(0, 40)) == "it ends before its signature does");
  CHECK(detached("-----BEGIN PGP SIGNATURE-----\n" + kSignature) == "something else stands inside its signature");
  CHECK(detached("-----BEGIN PGP SIGNATURE-----\n\niQ\x01\n") == "it has a control character");
  CHECK(detached(kSignature + std::string(kMaxSignature, '\n')) == "it is longer than 65536 bytes");
}
