// Bytes under names that must never change: who is right when mirrors disagree.
#include "probes/ledger.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

SysTime at(int seconds) { return SysTime(std::chrono::seconds(1'700'000'000 + seconds)); }

/// What each mirror served, in this order, of one artefact.
Artefacts ledger_of(const std::vector<std::pair<std::string, std::string>>& servings) {
  Artefacts ledger;
  int time = 0;
  for (const auto& [mirror, digest] : servings)
    ledger = record(std::move(ledger), mirror, {{"a-1.0", digest}}, at(++time));
  return ledger;
}

struct Row {
  std::string what;
  std::vector<std::pair<std::string, std::string>> servings;
  std::set<std::string> references;
  bool dissents;  ///< whether "m" is told off
};

}  // namespace

TEST_CASE("the ledger: a table of who says what") {
  const Row rows[] = {
      {"as the reference", {{"ref", "x"}, {"m", "x"}}, {"ref"}, false},
      {"not as the reference", {{"ref", "x"}, {"m", "y"}}, {"ref"}, true},
      {"changed to what the reference says", {{"ref", "x"}, {"m", "y"}, {"m", "x"}}, {"ref"}, false},
      {"changed away from the reference", {{"ref", "x"}, {"m", "x"}, {"m", "y"}}, {"ref"}, true},
      {"the reference was never asked", {{"m", "x"}}, {"ref"}, false},
      {"changed, nobody else knows", {{"m", "x"}, {"m", "y"}}, {}, true},
      {"changed back", {{"m", "x"}, {"m", "y"}, {"m", "x"}}, {}, false},
      {"alone against two", {{"o", "x"}, {"p", "x"}, {"m", "y"}}, {}, true},
      {"one against one", {{"o", "x"}, {"m", "y"}}, {}, false},
      {"two against two", {{"o", "x"}, {"p", "x"}, {"q", "y"}, {"m", "y"}}, {}, false},
      {"three ways", {{"o", "x"}, {"p", "z"}, {"m", "y"}}, {}, false},
      {"another is told off, not this one", {{"o", "x"}, {"m", "x"}, {"p", "y"}}, {}, false},
      {"references disagree: own past and the others decide",
       {{"r1", "x"}, {"r2", "y"}, {"m", "y"}},
       {"r1", "r2"},
       false},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const auto failure = dissent(ledger_of(row.servings), "m", row.references);
    CHECK(failure.has_value() == row.dissents);
    if (failure) CHECK(failure->reason == Reason::changed);
  }
}

TEST_CASE("the ledger says who says what") {
  const auto failure = dissent(ledger_of({{"ref", "x"}, {"o", "x"}, {"m", "y"}}), "m", {"ref"});
  REQUIRE(failure);
  CHECK(failure->layer == Layer::integrity);
  CHECK(failure->detail == "a-1.0: not the reference's bytes: x from o, ref; y from m");
}

TEST_CASE("a reference that changes its own bytes is told off itself") {
  const Artefacts ledger = ledger_of({{"ref", "x"}, {"m", "x"}, {"ref", "y"}});
  CHECK(dissent(ledger, "ref", {"ref"}));
}

TEST_CASE("the ledger is bounded") {
  Artefacts ledger;
  for (std::size_t i = 0; i < kMostArtefacts + 10; ++i)
    ledger = record(std::move(ledger), "m", {{"a-" + std::to_string(i), "x"}}, at(1));
  CHECK(ledger.size() == kMostArtefacts);
  ledger = record(std::move(ledger), "o", {{"a-1", "x"}}, at(2));
  CHECK(ledger["a-1"].size() == 2);
}
