// Configurations in files: the rules file that each makes, to the letter.
#include <catch2/catch.hpp>

#include "exporter/rules_file.hpp"
#include "tests/support/golden.hpp"

using namespace mw;

namespace {

const std::string kFolder = MW_SOURCE_DIR "/tests/golden/rules/";

RulesFile rules_of(const std::string& name) {
  const auto loaded = load_config(kFolder + name + ".toml");
  REQUIRE(std::holds_alternative<Config>(loaded));
  return prometheus_rules(std::get<Config>(loaded), "https://runbooks.example.org/mirrorwarden");
}

}  // namespace

TEST_CASE("the rules file is as agreed") {
  for (const auto* name : {"default", "configured", "roughly"}) {
    CAPTURE(name);
    CHECK(golden_difference(kFolder + name + ".expected.yml", rules_of(name).text) == "");
  }
}

TEST_CASE("what is not exported, or not quite, is told") {
  CHECK(rules_of("default").warnings.empty());
  CHECK(rules_of("configured").warnings.empty());
  const auto warnings = rules_of("roughly").warnings;
  CHECK(warnings.size() == 8);
  for (const std::string& warning : warnings) CHECK(rules_of("roughly").text.find("# " + warning) != std::string::npos);
}
