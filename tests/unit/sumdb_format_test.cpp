// Replies to lookups, records and the names of databases, apart from any proof.
#include <catch2/catch.hpp>

#include "probes/formats/sumdb.hpp"
#include "tests/support/sum_tree.hpp"

using namespace mw;

namespace {

const ModuleVersion kAsked{"example.org/Mod", "v1.2.3"};
const std::string kZip = "example.org/Mod v1.2.3 " + some_h1("zip") + "\n";
const std::string kMod = "example.org/Mod v1.2.3/go.mod " + some_h1("mod") + "\n";

bool refused(const std::string& reply, LookupTrouble trouble) {
  const auto parsed = parse_lookup(reply);
  const auto* seen = std::get_if<LookupTrouble>(&parsed);
  if (seen != nullptr) UNSCOPED_INFO(name(*seen));
  return seen != nullptr && *seen == trouble;
}

bool refused_record(const std::string& record, RecordTrouble trouble) {
  const auto read = read_record(record, kAsked);
  const auto* seen = std::get_if<RecordTrouble>(&read);
  if (seen != nullptr) UNSCOPED_INFO(name(*seen));
  return seen != nullptr && *seen == trouble;
}

NamedSumDatabase named(const std::string& option) {
  const auto parsed = parse_sumdb(option);
  if (const auto* error = std::get_if<std::string>(&parsed)) FAIL(*error);
  return std::get<NamedSumDatabase>(parsed);
}

}  // namespace

TEST_CASE("sumdb formats: paths of lookups are escaped") {
  CHECK(lookup_path({"github.com/BurntSushi/toml", "v1.0.0-RC1"}) ==
        "lookup/github.com/!burnt!sushi/toml@v1.0.0-!r!c1");
  CHECK(lookup_path({"example.org/a_b~c.d/v2", "v2.0.0+incompatible"}) ==
        "lookup/example.org/a_b~c.d/v2@v2.0.0+incompatible");
}

TEST_CASE("sumdb formats: modules that nobody can be asked for") {
  const std::pair<const char*, const char*> rows[] = {
      {"", "v1.0.0"},         {"a!b", "v1.0.0"},    {"a b", "v1.0.0"},     {"a?b", "v1.0.0"},  {"a%2fb", "v1.0.0"},
      {"/a", "v1.0.0"},       {"a/", "v1.0.0"},     {"a//b", "v1.0.0"},    {"a/../b", "v1.0"}, {"./a", "v1.0.0"},
      {"\xC3\xA4", "v1.0"},   {"a\nb", "v1.0.0"},   {"example.org/m", ""}, {"a", "1.0.0"},     {"a", "v"},
      {"a", "v1.0.0/go.mod"}, {"a", "v1.0.0 h1:x"}, {"a", "v1.0.0\nx"},    {"a@b", "v1.0.0"},  {"a", "v1@2"},
  };
  for (const auto& [module, version] : rows) {
    CAPTURE(module, version);
    CHECK_FALSE(lookup_path({module, version}));
  }
  CHECK_FALSE(lookup_path({std::string(1025, 'a'), "v1.0.0"}));
  CHECK_FALSE(lookup_path({"a", "v" + std::string(256, '1')}));
}

TEST_CASE("sumdb formats: a reply is a number, a record and a note") {
  const SumTree tree;
  const std::string note = tree.signed_head(0);
  const auto parsed = parse_lookup("17\n" + kZip + kMod + "\n" + note);
  REQUIRE(std::holds_alternative<Lookup>(parsed));
  const auto& lookup = std::get<Lookup>(parsed);
  CHECK(lookup.id == 17);
  CHECK(lookup.record == kZip + kMod);
  CHECK(lookup.note == note);
}

TEST_CASE("sumdb formats: replies that are none") {
  const std::string note = SumTree().signed_head(0);
  CHECK(refused("", LookupTrouble::no_record));
  CHECK(refused(note, LookupTrouble::no_record));
  CHECK(refused("17\n\n" + note, LookupTrouble::no_record));
  CHECK(refused("not found\n", LookupTrouble::bad_id));
  CHECK(refused("\n" + kZip + "\n" + note, LookupTrouble::bad_id));
  CHECK(refused("-1\n" + kZip + "\n" + note, LookupTrouble::bad_id));
  CHECK(refused("017\n" + kZip + "\n" + note, LookupTrouble::bad_id));
  CHECK(refused("17\r\n" + kZip + "\n" + note, LookupTrouble::bad_id));
  CHECK(refused("18446744073709551616\n" + kZip + "\n" + note, LookupTrouble::bad_id));
  CHECK(refused("17", LookupTrouble::bad_record));
  CHECK(refused("17\n", LookupTrouble::bad_record));
  CHECK(refused("17\n" + kZip + kMod, LookupTrouble::bad_record));
  CHECK(refused("17\n\tx" + kZip + "\n" + note, LookupTrouble::bad_record));
  CHECK(refused("17\n\xFF" + kZip + "\n" + note, LookupTrouble::bad_record));
  const std::string large = "17\n" + std::string(kMaxLookup, 'a');
  CHECK(refused(large, LookupTrouble::too_large));
}

TEST_CASE("sumdb formats: a record is the line of the zip and the line of go.mod, in any order") {
  for (const std::string& record : {kZip + kMod, kMod + kZip}) {
    const auto read = read_record(record, kAsked);
    REQUIRE(std::holds_alternative<Sums>(read));
    CHECK(std::get<Sums>(read) == Sums{some_h1("zip"), some_h1("mod")});
  }
}

TEST_CASE("sumdb formats: records that are of something else, or of more, or of less") {
  CHECK(refused_record("", RecordTrouble::bad_line));
  CHECK(refused_record(kZip, RecordTrouble::incomplete));
  CHECK(refused_record(kMod, RecordTrouble::incomplete));
  CHECK(refused_record(kZip + kMod + kZip, RecordTrouble::extra_line));
  CHECK(refused_record(kZip + kMod + kMod, RecordTrouble::extra_line));
  CHECK(refused_record(kZip + kMod + some_record({"example.org/other", "v1.2.3"}), RecordTrouble::unrelated));
  CHECK(refused_record(some_record({"example.org/mod", "v1.2.3"}), RecordTrouble::unrelated));
  CHECK(refused_record(some_record({"example.org/Mod", "v1.2.30"}), RecordTrouble::unrelated));
  CHECK(refused_record(some_record({"example.org/Mod", "v1.2.3/go.mod"}), RecordTrouble::unrelated));
  CHECK(refused_record(some_record({"example.org/Mod/v2", "v1.2.3"}), RecordTrouble::unrelated));
  CHECK(refused_record(" " + kZip + kMod, RecordTrouble::unrelated));
}

TEST_CASE("sumdb formats: records with malformed lines") {
  const std::string start = "example.org/Mod v1.2.3 ";
  for (const std::string& line :
       {std::string("\n"), std::string("example.org/Mod\n"), start + "\n", start + "h1:\n", start + "h1:AAAA\n",
        start + "h2:" + some_h1("zip").substr(3) + "\n", start + some_h1("zip") + " \n",
        start + some_h1("zip") + "\r\n", start + some_h1("zip")}) {
    CAPTURE(line);
    CHECK(refused_record(kMod + line, RecordTrouble::bad_line));
  }
}

TEST_CASE("sumdb formats: text that speaks of a module version as go.sum does") {
  CHECK(speaks_of("go.sum database tree\n5\n" + kMod, kAsked));
  CHECK(speaks_of("x\n" + kZip, kAsked));
  CHECK_FALSE(speaks_of("x " + kZip, kAsked));
  CHECK_FALSE(speaks_of("example.org/Mod v1.2.30 h1:x\n", kAsked));
  CHECK_FALSE(speaks_of("example.org/Mod v1.2.3", kAsked));
  CHECK_FALSE(speaks_of("", kAsked));
}

TEST_CASE("sumdb formats: databases as GOSUMDB names them") {
  const NamedSumDatabase go = named("sum.golang.org");
  CHECK(go.key.hash == 0x033de0ae);
  CHECK(go.url.str() == "https://sum.golang.org/");
  const NamedSumDatabase china = named("sum.golang.google.cn");
  CHECK(china.key == go.key);
  CHECK(china.url.str() == "https://sum.golang.google.cn/");
  CHECK(named("sum.golang.org https://example.org/sumdb").url.str() == "https://example.org/sumdb");
  CHECK(named("sum.golang.org https://example.org/sumdb").key == go.key);
  const std::string own = SumTree().key_text();
  CHECK(named(own).url.str() == "https://sum.example.org/");
  CHECK(named(own + " http://192.0.2.1:8080/db").url.port == 8080);
  CHECK(named(own + " http://192.0.2.1:8080/db").key == SumTree().key());
}

TEST_CASE("sumdb formats: databases that nobody can name so") {
  const std::string own = SumTree().key_text();
  for (const std::string& option : {std::string(), std::string(" "), std::string("sum.example.org"),
                                    std::string("sum.example.org https://sum.example.org"), own + "x", own + " ftp:",
                                    own + " https://a https://b", own.substr(0, own.size() - 4), own + " nonsense:/"}) {
    CAPTURE(option);
    CHECK(std::holds_alternative<std::string>(parse_sumdb(option)));
  }
}
