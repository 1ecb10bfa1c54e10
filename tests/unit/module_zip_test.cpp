// Module zips and their hashes: what go.sum would say, and every way in which an archive can lie.
#include "probes/formats/module_zip.hpp"

#include <catch2/catch.hpp>

#include "probes/digest.hpp"
#include "probes/formats/dirhash.hpp"
#include "tests/support/file.hpp"
#include "tests/support/zip_maker.hpp"

using namespace mw;

namespace {

const ModuleVersion kModule{"example.com/m", "v1.0.0"};
const std::string kPrefix = "example.com/m@v1.0.0/";

std::variant<ModuleZip, ZipFault> read(const std::string& bytes, const ModuleVersion& module = kModule) {
  return read_module_zip(spooled(bytes)->file(), module);
}

/// The hash, or what is wrong with it.
std::string outcome(const std::variant<ModuleZip, ZipFault>& read) {
  if (const auto* fault = std::get_if<ZipFault>(&read)) return std::string(name(fault->trouble)) + ": " + fault->what;
  return std::get<ModuleZip>(read).h1;
}

/// A good module with one more member.
ZipMaker with(MadeMember member) {
  ZipMaker maker;
  maker.members = {{kPrefix + "go.mod", "module example.com/m\n"}, std::move(member)};
  return maker;
}

bool refused(const ZipMaker& maker, ZipTrouble trouble) {
  const auto result = read(maker.bytes());
  UNSCOPED_INFO(outcome(result));
  const auto* fault = std::get_if<ZipFault>(&result);
  return fault != nullptr && fault->trouble == trouble;
}

bool names_refused(const std::vector<std::string>& names, ZipTrouble trouble) {
  ZipMaker maker;
  for (const std::string& one : names) maker.members.push_back({one, one.ends_with('/') ? "" : "x"});
  return refused(maker, trouble);
}

MadeMember file(const std::string& name, const std::string& content) { return {kPrefix + name, content}; }

}  // namespace

TEST_CASE("dirhash: the go command's own results") {
  CHECK(go_mod_hash("module example.com/m\n\ngo 1.21\n") == "h1:ONeDgCa5UF/jJRjGzpOKmUiezgFEk4IPFZ96frvroW0=");
  CHECK(dirhash({}) == "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  const FileDigest go_mod{"example.com/m@v1.0.0/go.mod", sha256_hex("module example.com/m\n")};
  const FileDigest source{"example.com/m@v1.0.0/a.go", sha256_hex("package m\n")};
  const char* expected = "h1:SXy42eQ/QbleX7vtuAPFnaM3tNuQnfeo7rulG/p7iOw=";
  CHECK(dirhash({go_mod, source}) == expected);
  CHECK(dirhash({source, go_mod}) == expected);
  CHECK(dirhash({{"a\nb", sha256_hex("")}}) == std::nullopt);
}

TEST_CASE("module zip: stored or deflated, the hash is that of the files") {
  for (const bool packed : {false, true}) {
    ZipMaker maker = with(file("a.go", "package m\n"));
    if (packed)
      for (MadeMember& one : maker.members) {
        one.packed = deflated(one.content);
        one.method = 8;
      }
    const auto result = read(maker.bytes());
    CHECK(outcome(result) == "h1:SXy42eQ/QbleX7vtuAPFnaM3tNuQnfeo7rulG/p7iOw=");
    const auto& zip = std::get<ModuleZip>(result);
    CHECK(zip.files == 2);
    CHECK(zip.unpacked == 31);
    CHECK(zip.go_mod_sha256 == sha256_hex("module example.com/m\n"));
  }
}

TEST_CASE("module zip: made by the go command's own library, and its hashes") {
  std::string list = source_file("tests/fixtures/go/hashes");
  int rows = 0;
  while (!list.empty()) {
    std::string line = list.substr(0, list.find('\n'));
    list.erase(0, line.size() + 1);
    std::istringstream words(line);
    std::string name;
    std::string h1;
    ModuleVersion module;
    words >> name >> module.module >> module.version >> h1;
    INFO(name);
    CHECK(outcome(read(source_file("tests/fixtures/go/" + name), module)) == h1);
    ++rows;
  }
  CHECK(rows >= 4);
}

TEST_CASE("module zip: what other tools add without harm") {
  ZipMaker maker = with(file("a.go", "package m\n"));
  const std::string plain = outcome(read(maker.bytes()));
  maker.comment = "made by hand";
  maker.members[0].local_extra = std::string("\x55\x54\x05\x00\x01\x00\x00\x00\x00", 9);
  maker.members[1].flags = 1U << 3U;
  maker.members[1].local_size = 0;
  maker.members[1].after = "PK\x07\x08............";
  CHECK(outcome(read(maker.bytes())) == plain);
  // A folder counts as a file without content, as it does for the go command.
  maker.members.push_back(file("", ""));
  maker.members.push_back(file("sub/", ""));
  maker.members.push_back(file("sub/b.go", "package sub\n"));
  maker.members.push_back(file("sub/", ""));
  const auto result = read(maker.bytes());
  CHECK(std::get<ModuleZip>(result).files == 3);
  CHECK(outcome(result) == dirhash({{maker.members[0].name, sha256_hex(maker.members[0].content)},
                                    {maker.members[1].name, sha256_hex(maker.members[1].content)},
                                    {kPrefix, sha256_hex("")},
                                    {maker.members[3].name, sha256_hex("")},
                                    {maker.members[3].name, sha256_hex("")},
                                    {maker.members[4].name, sha256_hex("package sub\n")}}));
}

TEST_CASE("module zip: what is no archive") {
  const std::string good = with(file("a.go", "package m\n")).bytes();
  for (const std::string& bytes :
       {std::string(), std::string("PK"), std::string("<html>404</html>"), std::string(100'000, 'x'), good + "x",
        "x" + good, good.substr(0, good.size() - 1), good.substr(1), good + good}) {
    const auto result = read(bytes);
    UNSCOPED_INFO(outcome(result));
    const auto* fault = std::get_if<ZipFault>(&result);
    CHECK((fault != nullptr && fault->trouble == ZipTrouble::not_a_zip));
  }
}

TEST_CASE("module zip: no prefix of an archive is an archive") {
  const std::string good = with(file("a.go", "package m\n")).bytes();
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK(std::holds_alternative<ZipFault>(read(good.substr(0, size))));
}

TEST_CASE("module zip: every flipped byte that matters is noticed") {
  const std::string good = with(file("a.go", "package m\n")).bytes();
  const std::string hash = outcome(read(good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    const auto result = read(bad);
    // What is left are fields that nobody reads: dates, versions, attributes.
    if (std::holds_alternative<ModuleZip>(result)) CHECK(outcome(result) == hash);
  }
}

TEST_CASE("module zip: the end of the archive lies") {
  ZipMaker maker = with(file("a.go", "x"));
  maker.count = 1;
  CHECK(refused(maker, ZipTrouble::not_a_zip));
  maker.count = 3;
  CHECK(refused(maker, ZipTrouble::bad_entry));
  maker.count = 65'535;
  CHECK(refused(maker, ZipTrouble::too_many));
  maker.count.reset();
  maker.directory_size = 0xFFFFFFFF;
  CHECK(refused(maker, ZipTrouble::too_large));
  maker.directory_size = 17 * 1024 * 1024;
  CHECK(refused(maker, ZipTrouble::too_large));
  maker.directory_size = 46;
  CHECK(refused(maker, ZipTrouble::not_a_zip));
  maker.directory_size.reset();
  maker.directory_offset = 0;
  CHECK(refused(maker, ZipTrouble::not_a_zip));
  maker.directory_offset.reset();
  maker.comment = "PK\x05\x06" + std::string(18, '\0');
  CHECK(refused(maker, ZipTrouble::not_a_zip));
}

TEST_CASE("module zip: seventy thousand entries are too many") {
  ZipMaker maker;
  for (int i = 0; i < 70'000; ++i) maker.members.push_back({kPrefix + std::to_string(i), ""});
  CHECK(std::holds_alternative<ZipFault>(read(maker.bytes())));
  maker.count = 65'535;
  CHECK(refused(maker, ZipTrouble::too_many));
}

TEST_CASE("module zip: the directory and the member disagree") {
  MadeMember member = file("a.go", "package m\n");
  member.local_name = kPrefix + "b.go";
  CHECK(refused(with(member), ZipTrouble::mismatch));
  member = file("a.go", "package m\n");
  member.local_size = 9;
  CHECK(refused(with(member), ZipTrouble::mismatch));
  member = file("a.go", "package m\n");
  member.local_flags = 1;
  CHECK(refused(with(member), ZipTrouble::mismatch));
  member = file("a.go", "package m\n");
  member.header = 3;
  CHECK(refused(with(member), ZipTrouble::overlap));
  member.header = 4'000'000;
  CHECK(refused(with(member), ZipTrouble::mismatch));
}

TEST_CASE("module zip: members that share bytes") {
  ZipMaker maker = with(file("a.go", "package m\n"));
  maker.members.push_back(file("a.go", "package m\n"));
  maker.members[2].header = static_cast<std::uint32_t>(30 + maker.members[0].name.size() + 21);
  maker.members[2].name = kPrefix + "b.go";
  maker.members[2].local_name = kPrefix + "b.go";
  CHECK(refused(maker, ZipTrouble::overlap));
  // A member that reaches into the directory.
  MadeMember member = file("a.go", "package m\n");
  member.packed = "package m\n";
  ZipMaker last = with(member);
  std::string bytes = last.bytes();
  const std::size_t header = bytes.find("PK\x03\x04", 4);
  const std::size_t entry = bytes.rfind("PK\x01\x02");
  for (const std::size_t at : {header + 18, header + 22, entry + 20, entry + 24}) bytes[at] = 60;
  CHECK(std::holds_alternative<ZipFault>(read(bytes)));
}

TEST_CASE("module zip: sizes and checksums that lie") {
  MadeMember member = file("a.go", "package m\n");
  member.crc = 1;
  CHECK(refused(with(member), ZipTrouble::checksum));
  member = file("a.go", "package m\n");
  member.size = 11;
  CHECK(refused(with(member), ZipTrouble::size));
  member.packed = deflated("package m\n");
  member.method = 8;
  CHECK(refused(with(member), ZipTrouble::size));
  member.size = 9;
  CHECK(refused(with(member), ZipTrouble::size));
  member.size.reset();
  CHECK_FALSE(refused(with(member), ZipTrouble::size));
  *member.packed += "x";
  CHECK(refused(with(member), ZipTrouble::size));
  member.packed = deflated("package m\n").substr(0, 9);
  CHECK(refused(with(member), ZipTrouble::corrupt));
  member.packed = "\x07garbage";
  CHECK(refused(with(member), ZipTrouble::corrupt));
  member.packed = "";
  CHECK(refused(with(member), ZipTrouble::corrupt));
}

TEST_CASE("module zip: encrypted, oddly packed, links") {
  for (const int flags : {1, 1 << 6, 1 << 13}) {
    MadeMember member = file("a.go", "x");
    member.flags = static_cast<std::uint16_t>(flags);
    CHECK(refused(with(member), ZipTrouble::encrypted));
  }
  for (const int method : {1, 9, 12, 14, 93, 95, 99}) {
    MadeMember member = file("a.go", "x");
    member.method = static_cast<std::uint16_t>(method);
    CHECK(refused(with(member), ZipTrouble::method));
  }
  for (const int system : {3, 19}) {
    MadeMember member = file("a.go", "/etc/passwd");
    member.made_by = static_cast<std::uint16_t>(system);
    member.attributes = 0120777U << 16U;
    CHECK(refused(with(member), ZipTrouble::link));
    member.attributes = 0100644U << 16U;
    CHECK_FALSE(refused(with(member), ZipTrouble::link));
  }
}

TEST_CASE("module zip: names that lead out, or that no file system would take") {
  for (const char* name :
       {"../x", "/etc/passwd", "a/../../b", "./a", "a//b", "a\\b", "C:a", "con", "a.", "\xff", "a\nb", "//"})
    CHECK(names_refused({kPrefix + name}, ZipTrouble::name));
  CHECK(names_refused({"../../etc/passwd"}, ZipTrouble::name));
  CHECK(names_refused({"/etc/passwd"}, ZipTrouble::name));
  CHECK(names_refused({kPrefix + std::string("a\0b", 3)}, ZipTrouble::name));
}

TEST_CASE("module zip: another module's") {
  CHECK(names_refused({"example.com/m@v1.0.1/a"}, ZipTrouble::wrong_object));
  CHECK(names_refused({"Example.com/m@v1.0.0/a"}, ZipTrouble::wrong_object));
  CHECK(names_refused({"example.com/m@v1.0.0"}, ZipTrouble::wrong_object));
  CHECK(names_refused({kPrefix + "a", "a"}, ZipTrouble::wrong_object));
}

TEST_CASE("module zip: names that differ at most in case") {
  const std::vector<std::vector<std::string>> rows = {
      {"a", "a"},
      {"README", "readme"},
      {"a/b", "A/c"},
      {"a", "a/b"},
      {"a/b", "a"},
      {"a", "A/b"},
      {"x/\xc3\x89", "x/\xc3\xa9"},
      {"k", "\xe2\x84\xaa"},
      {"a/", "A/", "b"},
      {"a/b/c", "a/b"},
      {"a/", "a"},
      {"a", "a/"},
      {"b/c/d", "b/C/e"},
      {"a", "z", "b", "A"},
      {"a/b", "a!", "a"},
  };
  for (const auto& row : rows) {
    std::vector<std::string> names;
    for (const std::string& one : row) names.push_back(kPrefix + one);
    INFO(row.front() << " " << row.back());
    CHECK(names_refused(names, ZipTrouble::collision));
  }
  for (const std::vector<std::string>& row :
       {std::vector<std::string>{"a", "ab"}, {"a/b", "a/c"}, {"a/b", "a!", "a0"}, {"a/", "a/b", "a/"}}) {
    std::vector<std::string> names;
    for (const std::string& one : row) names.push_back(kPrefix + one);
    CHECK_FALSE(names_refused(names, ZipTrouble::collision));
  }
}

TEST_CASE("module zip: go.mod stands at the root, in lower case, and is no larger than the go command reads") {
  CHECK(names_refused({kPrefix + "sub/go.mod"}, ZipTrouble::go_mod));
  CHECK(names_refused({kPrefix + "Go.mod"}, ZipTrouble::go_mod));
  CHECK(names_refused({kPrefix + "sub/GO.MOD"}, ZipTrouble::go_mod));
  CHECK_FALSE(names_refused({kPrefix + "go.mod.txt"}, ZipTrouble::go_mod));
  CHECK(refused(with({kPrefix + "LICENSE", std::string(kMaxModuleDocument + 1, 'x')}), ZipTrouble::too_large));
  CHECK_FALSE(
      refused(with({kPrefix + "sub/LICENSE", std::string(kMaxModuleDocument + 1, 'x')}), ZipTrouble::too_large));
}

TEST_CASE("module zip: too large, too good to be true, nothing in it") {
  MadeMember member = file("a.bin", "");
  member.packed = "x";
  member.method = 8;
  member.size = 2'000'000'000;
  CHECK(refused(with(member), ZipTrouble::too_large));
  member.size = 400'000'000;
  CHECK(refused(with(member), ZipTrouble::bomb));
  member.size = 0xFFFFFFFF;
  CHECK(refused(with(member), ZipTrouble::too_large));
  CHECK(refused(ZipMaker(), ZipTrouble::empty));
  CHECK(names_refused({kPrefix}, ZipTrouble::empty));
  MadeMember folder = file("sub/", "data");
  CHECK(refused(with(folder), ZipTrouble::size));
}
