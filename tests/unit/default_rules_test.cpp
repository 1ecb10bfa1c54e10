// The default rules: in force without a rule of one's own, each with a runbook that names only what there is.
#include "alerts/default_rules.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "exporter/catalogue.hpp"
#include "exporter/config.hpp"

using namespace mw;

namespace {

const std::filesystem::path kRunbooks = MW_SOURCE_DIR "/alerts/runbooks";

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::set<std::string> names_of(const std::vector<Rule>& rules) {
  std::set<std::string> names;
  for (const Rule& rule : rules) names.insert(rule.name);
  return names;
}

const char* const kPool = R"(
[[pool]]
name = "files"
ecosystem = "file"
reference = ["http://192.0.2.1/"]
mirror = [{ name = "m", url = "http://192.0.2.2/" }]
)";
const char* const kReceiver = R"(
[[receiver]]
name = "oncall"
webhook = { url = "http://192.0.2.3/" }
)";
const char* const kRule = R"(
[[alert]]
name = "Mine"
when = "down"
)";

std::vector<Rule> rules_in(const std::string& text) {
  const auto parsed = parse_config(text, "test.toml", system_secrets());
  REQUIRE(std::holds_alternative<Config>(parsed));
  return std::get<Config>(parsed).rules;
}

}  // namespace

TEST_CASE("default rules are in force where there is somebody to tell and no rule of one's own") {
  const std::vector<Rule> rules = rules_in(std::string(kPool) + kReceiver);
  CHECK(rules == default_rules({"oncall"}));
  CHECK(rules_in(kPool).empty());
  CHECK(names_of(rules_in(std::string(kPool) + kReceiver + kRule)) == std::set<std::string>{"Mine"});
}

TEST_CASE("default rules can be printed, copied and read back") {
  const auto parsed = parse_config(std::string(kPool) + kReceiver, "test.toml", system_secrets());
  const std::string printed = print_config(std::get<Config>(parsed));
  for (const Rule& rule : default_rules({})) {
    CAPTURE(rule.name);
    CHECK(printed.find("name = \"" + rule.name + "\"") != std::string::npos);
    CHECK(std::get<Expression>(parse_expression(to_string(rule.when))) == rule.when);
  }
}

TEST_CASE("default rules mute one another without a ring, and only by rules that there are") {
  const std::vector<Rule> rules = default_rules({});
  for (const Rule& rule : rules) {
    CAPTURE(rule.name);
    for (const std::string& source : rule.inhibited_by) {
      CHECK(names_of(rules).contains(source));
      CHECK(source != rule.name);
    }
  }
}

TEST_CASE("every default rule has a runbook, and every runbook a rule") {
  std::set<std::string> written;
  for (const auto& entry : std::filesystem::directory_iterator(kRunbooks)) written.insert(entry.path().stem());
  CHECK(written == names_of(default_rules({})));
}

TEST_CASE("a runbook says what it means, what it costs, how to look and what to do, and names only metrics there are") {
  for (const Rule& rule : default_rules({})) {
    CAPTURE(rule.name);
    const std::string text = text_of(kRunbooks / (rule.name + ".md"));
    CHECK(text.starts_with("# " + rule.name + "\n"));
    for (const char* part : {"**Meaning.**", "**Impact.**", "**Diagnosis.**", "**Mitigation.**"}) {
      CAPTURE(part);
      CHECK(text.find(part) != std::string::npos);
    }
    const std::regex metric("\\b(mirror|mirrorwarden)_[a-z_]+");
    for (std::sregex_iterator it(text.begin(), text.end(), metric), end; it != end; ++it) {
      const std::string word = it->str();
      CAPTURE(word);
      bool known = false;
      for (const Metric& each : catalogue()) known |= std::string_view(each.name).starts_with(word);
      CHECK(known);
    }
  }
}
