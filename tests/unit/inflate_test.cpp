// Unpacking: what is read, and that each kind of damage has its own name.
#include "probes/formats/inflate.hpp"

#include <catch2/catch.hpp>

#include "tests/support/file.hpp"

using namespace mw;
using namespace std::string_literals;

namespace {

using Unpack = std::variant<std::string, InflateTrouble> (*)(std::string_view, std::size_t);

struct Format {
  Unpack unpack;
  std::string suffix;
};

constexpr std::size_t kLimit = 64 * 1024 * 1024;
const std::string kHello = "hello, mirror\n";

std::string packed(const Format& format, const std::string& name) {
  return source_file("tests/fixtures/packed/" + name + format.suffix);
}

/// The text, or the trouble's name after "!".
std::string outcome(const Format& format, std::string_view bytes, std::size_t limit = kLimit) {
  const auto result = format.unpack(bytes, limit);
  if (const auto* text = std::get_if<std::string>(&result)) return *text;
  return "!" + std::string(name(std::get<InflateTrouble>(result)));
}

const Format kFormats[] = {{&gunzip, ".gz"}, {&unxz, ".xz"}};

}  // namespace

TEST_CASE("packed files are unpacked, concatenated ones too") {
  for (const Format& format : kFormats) {
    INFO(format.suffix);
    const std::string hello = packed(format, "hello");
    CHECK(outcome(format, hello) == kHello);
    CHECK(outcome(format, hello + hello) == kHello + kHello);
  }
  CHECK(outcome(kFormats[1], packed(kFormats[1], "hello") + std::string(8, '\0')) == kHello);
}

TEST_CASE("every cut is seen as truncated") {
  for (const Format& format : kFormats) {
    const std::string hello = packed(format, "hello");
    for (std::size_t length = 0; length < hello.size(); ++length) {
      INFO(format.suffix << " cut to " << length);
      CHECK(outcome(format, std::string_view(hello).substr(0, length)) == "!truncated");
    }
  }
}

TEST_CASE("bytes after the end are seen") {
  for (const Format& format : kFormats) {
    INFO(format.suffix);
    const std::string hello = packed(format, "hello");
    CHECK(outcome(format, hello + "more and more") == "!followed by other bytes");
    CHECK(outcome(format, hello + "\0\0\0"s) == "!followed by other bytes");
  }
}

TEST_CASE("flipped bits are seen as corrupt, whatever else they look like") {
  for (const Format& format : kFormats) {
    const std::string hello = packed(format, "hello");
    for (std::size_t at = 0; at < hello.size(); ++at) {
      std::string bad = hello;
      bad[at] = static_cast<char>(bad[at] ^ 0x40);
      INFO(format.suffix << " flipped at " << at);
      const std::string result = outcome(format, bad);
      // gzip's own header holds bytes that no checksum covers (time, system); the text must then be the same.
      CHECK((result == kHello || result.starts_with("!")));
    }
    CHECK(outcome(format, "<html></html>") == "!corrupt");
    CHECK(outcome(format, std::string(100, '\0')) == "!corrupt");
  }
}

TEST_CASE("a bomb is called one, and stops early") {
  for (const Format& format : kFormats) {
    INFO(format.suffix);
    CHECK(outcome(format, packed(format, "bomb")) == "!a decompression bomb");
  }
}

TEST_CASE("more than the limit is too large, the limit itself is not") {
  for (const Format& format : kFormats) {
    INFO(format.suffix);
    const std::string hello = packed(format, "hello");
    CHECK(outcome(format, hello, kHello.size()) == kHello);
    CHECK(outcome(format, hello, kHello.size() - 1) == "!too large");
    CHECK(outcome(format, packed(format, "bomb"), 1000) == "!too large");
  }
}

TEST_CASE("thousands of empty members are too much work") {
  const std::string hello = packed(kFormats[0], "hello");
  std::string many;
  for (int i = 0; i < 10'001; ++i) many += hello;
  CHECK(outcome(kFormats[0], many) == "!too large");
}
