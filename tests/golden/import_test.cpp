// Configurations of blackbox_exporter: what each becomes, and what its owner is told.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "exporter/blackbox_import.hpp"
#include "tests/support/golden.hpp"

using namespace mw;

namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(MW_SOURCE_DIR) / "tests/golden/import";

std::string read(const std::string& name) {
  std::ifstream in(kFolder / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Imported import(const std::string& name) { return import_blackbox(read(name), name); }

std::string lines(const std::vector<ConfigError>& errors) {
  std::string out;
  for (const ConfigError& error : errors) out += to_string(error) + "\n";
  return out;
}

ConfigOrErrors read_back(const std::string& toml) {
  const auto file = [](const std::string&, std::string&) { return std::optional<std::string>("there"); };
  return parse_config(toml, "imported.toml", {file, [](const std::string&) { return std::nullopt; }, file});
}

bool leaks(const std::string& text) { return text.find("s3cret") != std::string::npos; }

std::string golden(const std::string& name) { return (kFolder / name).string(); }

}  // namespace

TEST_CASE("every key of a blackbox_exporter configuration is taken over, or its owner is told why not") {
  const Imported imported = import("everything.yml");
  INFO(lines(imported.errors));
  CHECK(imported.errors.empty());
  CHECK(golden_difference(golden("everything.toml"), imported.toml) == "");
  CHECK(golden_difference(golden("everything.warnings"), lines(imported.warnings)) == "");
  CHECK_FALSE(leaks(imported.toml + lines(imported.warnings)));
  const auto outcome = read_back(imported.toml);
  REQUIRE(std::holds_alternative<Config>(outcome));
  const std::string printed = print_config(std::get<Config>(outcome));
  CHECK(golden_difference(golden("everything.printed"), printed) == "");
}

TEST_CASE("what is no configuration of blackbox_exporter is told exactly what is wrong with it") {
  for (const std::string name : {"mistakes", "refused", "no_modules", "only_grpc", "syntax"}) {
    CAPTURE(name);
    const Imported imported = import(name + ".yml");
    CHECK(imported.toml.empty());
    CHECK_FALSE(imported.errors.empty());
    CHECK(golden_difference(golden(name + ".expected"), lines(imported.errors)) == "");
  }
}
