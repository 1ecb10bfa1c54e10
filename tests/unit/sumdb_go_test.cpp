// Against a database that golang.org/x/mod made (tests/fixtures/sumdb/make.go): its heads, records and tiles.
#include <catch2/catch.hpp>
#include <sstream>

#include "probes/formats/base64.hpp"
#include "tests/support/file.hpp"
#include "tests/support/sums_run.hpp"

using namespace mw;

namespace {

constexpr std::uint64_t kRecords = 13;

/// Body by path.
const std::map<std::string, std::string>& fixture() {
  static const std::map<std::string, std::string> pages = [] {
    std::map<std::string, std::string> read;
    std::istringstream lines(source_file("tests/fixtures/sumdb/go_x_mod.txt"));
    for (std::string path, body; lines >> path >> body;) read[path] = from_base64(body).value();
    return read;
  }();
  return pages;
}

VerifierKey key() { return std::get<VerifierKey>(parse_verifier_key(fixture().at("key"))); }

ModuleVersion module(std::uint64_t n) { return {"example.org/Mod", "v1." + std::to_string(n) + ".0"}; }

std::string head(const std::string& history, std::uint64_t size) {
  return fixture().at(history + "/" + std::to_string(size));
}

void check_all_records(int height, std::uint64_t old) {
  SumsRun run(key());
  run.database.tile_height = height;
  for (const auto& [path, body] : fixture()) run.page(path) = {200, body, {}};
  run.remembered["sumdb/sum.example.org"] = head("head", old);
  for (std::uint64_t n = 0; n < kRecords; ++n) {
    CAPTURE(height, old, n);
    const SumsChecked checked = run.check(module(n));
    if (checked.failure) FAIL(checked.failure->detail);
    REQUIRE(checked.sums);
    const std::string& body = fixture().at(*lookup_path(module(n)));
    CHECK(body.find(module(n).version + " " + checked.sums->zip + "\n") != std::string::npos);
    CHECK(body.find(module(n).version + "/go.mod " + checked.sums->go_mod + "\n") != std::string::npos);
    CHECK(checked.remember.at("sumdb/sum.example.org") == head("head", kRecords));
  }
}

}  // namespace

TEST_CASE("sumdb of x/mod: every record is proved, with tiles of height 2 and 8, after every older head") {
  for (const int height : {2, 8})
    for (std::uint64_t old = 1; old <= kRecords; ++old) check_all_records(height, old);
}

TEST_CASE("sumdb of x/mod: a validly signed fork is told from the log, whichever size was seen first") {
  for (std::uint64_t old = 1; old <= kRecords; ++old) {
    CAPTURE(old);
    SumsRun run(key());
    run.database.tile_height = 2;
    for (const auto& [path, body] : fixture()) run.page(path) = {200, body, {}};
    run.remembered["sumdb/sum.example.org"] = head("fork", old);
    const SumsChecked checked = run.check(module(3));
    // The histories part at record 7.
    REQUIRE(checked.failure.has_value() == (old > 7));
    if (old > 7) CHECK(checked.failure->reason == Reason::fork);
    run.page("latest") = {200, head("head", old), {}};
    CHECK(run.look().failure.has_value() == (old > 7));
  }
}

TEST_CASE("sumdb of x/mod: the in-test tree signs, hashes and tiles as it does") {
  CHECK(SumTree().key_text() == fixture().at("key"));
  SumTree tree;
  for (std::uint64_t n = 0; n < kRecords; ++n) {
    const std::string& reply = fixture().at(*lookup_path(module(n)));
    const auto parsed = parse_lookup(reply);
    REQUIRE(std::holds_alternative<Lookup>(parsed));
    tree.add(std::get<Lookup>(parsed).record);
    CHECK(tree.signed_head(n + 1) == head("head", n + 1));
  }
  CHECK(tree.lookup(4, kRecords) == fixture().at(*lookup_path(module(4))));
  for (const int height : {2, 8})
    for (const auto& [path, bytes] : tree.tiles(kRecords, height)) CHECK(fixture().at(path) == bytes);
}
