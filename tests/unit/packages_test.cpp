// Packages indexes: the right paragraph, its file, and paths that must never be asked for.
#include "probes/formats/packages.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

const std::string kDigest(64, 'b');

std::string entry(const std::string& package, const std::string& path) {
  return "Package: " + package + "\nVersion: 1\nDescription: x\n .\n more\nFilename: " + path +
         "\nSize: 12\nSHA256: " + kDigest + "\n\n";
}

PackageEntry entry_of(const std::string& index, const std::string& name, std::size_t step) {
  PackageScanner scanner({name});
  for (std::size_t at = 0; at < index.size(); at += step) scanner.take(std::string_view(index).substr(at, step));
  scanner.end();
  return scanner.found(name);
}

/// The path found, or the trouble as a word; the same however the index is cut.
std::string found(const std::string& index, const std::string& name) {
  const PackageEntry whole = entry_of(index, name, std::max<std::size_t>(index.size(), 1));
  for (const std::size_t step : {1, 7, 64}) CHECK(entry_of(index, name, step) == whole);
  if (const auto* file = std::get_if<PackageFile>(&whole)) return file->path;
  return std::get<PackageTrouble>(whole) == PackageTrouble::absent ? "absent" : "malformed";
}

}  // namespace

TEST_CASE("a package is found wherever it stands") {
  const std::string index = entry("aaa", "pool/a.deb") + entry("hello", "pool/h.deb") + entry("hello2", "pool/h2.deb");
  CHECK(found(index, "hello") == "pool/h.deb");
  CHECK(found(index, "aaa") == "pool/a.deb");
  CHECK(found(index, "hello2") == "pool/h2.deb");
  CHECK(found(index, "hell") == "absent");
  CHECK(found(index, "") == "absent");
  CHECK(found("", "hello") == "absent");
  CHECK(found("\n\n\r\n" + index, "hello") == "pool/h.deb");
  CHECK(std::get<PackageFile>(entry_of(index, "hello", 1000)) == PackageFile{"pool/h.deb", 12, kDigest});
}

TEST_CASE("the first of several versions counts") {
  CHECK(found(entry("hello", "pool/new.deb") + entry("hello", "pool/old.deb"), "hello") == "pool/new.deb");
}

TEST_CASE("fields may stand before Package, lines may end in CRLF, flat repositories write ./") {
  const std::string fields = "Filename: ./h.deb\r\nSize: 1\r\nSHA256: " + kDigest + "\r\nPackage: hello\r\n";
  CHECK(found("X: y\r\n\r\n" + fields, "hello") == "h.deb");
}

TEST_CASE("a continuation line is not a Package line") {
  CHECK(found("Package: other\nDescription: x\n Package: hello\n", "hello") == "absent");
}

TEST_CASE("a paragraph that lacks or twists something is malformed") {
  CHECK(found("Package: hello\n", "hello") == "malformed");
  CHECK(found("Package: hello\nFilename: a\nSize: 1\n", "hello") == "malformed");
  CHECK(found("Package: hello\nFilename: a\nSize: x\nSHA256: " + kDigest + "\n", "hello") == "malformed");
  CHECK(found("Package: hello\nFilename: a\nSize: 1\nSHA256: abc\n", "hello") == "malformed");
  CHECK(found("Package: hello\nPackage: hello\nFilename: a\nSize: 1\nSHA256: " + kDigest + "\n", "hello") ==
        "malformed");
  CHECK(found(entry("hello", "../../etc/passwd"), "hello") == "malformed");
  CHECK(found(entry("hello", "/etc/passwd"), "hello") == "malformed");
}

TEST_CASE("several packages are found in one pass, and packages are counted") {
  PackageScanner scanner({"aaa", "hello", "absent"});
  scanner.take(entry("hello", "pool/h.deb") + "Comment: no package\n\n" + entry("zzz", "pool/z.deb"));
  scanner.take(entry("aaa", "pool/a.deb"));
  scanner.end();
  CHECK(std::get<PackageFile>(scanner.found("aaa")).path == "pool/a.deb");
  CHECK(std::get<PackageFile>(scanner.found("hello")).path == "pool/h.deb");
  CHECK(std::get<PackageTrouble>(scanner.found("absent")) == PackageTrouble::absent);
  CHECK(scanner.packages() == 3);
}

TEST_CASE("a paragraph without end takes no memory, and what it hides cannot be read") {
  const std::string endless = "Package: hello\nDescription: " + std::string(2 * kMaxParagraph, 'x') + "\n";
  const std::string index = endless + "\n" + entry("after", "pool/a.deb");
  for (const std::size_t step : {std::size_t(1000), std::size_t(65'536), index.size()}) {
    INFO(step);
    CHECK(std::get<PackageFile>(entry_of(index, "after", step)).path == "pool/a.deb");
    CHECK(std::get<PackageTrouble>(entry_of(index, "hello", step)) == PackageTrouble::malformed);
    CHECK(std::get<PackageTrouble>(entry_of(endless, "other", step)) == PackageTrouble::malformed);
  }
}

TEST_CASE("plain paths are told from others") {
  for (const auto* path :
       {"pool/main/g/g++/g++_4%3a12.deb", "h.deb", "a/b:c/d", "pool/x~1+b2_all.deb", "a/...", "a/.b"}) {
    INFO(path);
    CHECK(is_plain_path(path));
  }
  for (const auto* path : {"", "/", "/a", "a//b", "a/", "../a", "a/../b", "a/..", "./a", "a/./b", "http://example.org/",
                           "http:a", "a b", "a?b", "a#b", "a\\b", "a\nb", "a\x7f"}) {
    INFO(path);
    CHECK_FALSE(is_plain_path(path));
  }
  CHECK(is_plain_path(std::string(1024, 'a')));
  CHECK_FALSE(is_plain_path(std::string(1025, 'a')));
}

TEST_CASE("paths are encoded so that no byte of them means anything to a server") {
  CHECK(encode_path("pool/g++_4%3a12~rc.deb") == "pool/g++_4%253a12~rc.deb");
  CHECK(encode_path("a%0ab") == "a%250ab");
  CHECK(encode_path("\xC3\xA4") == "%C3%A4");
}
