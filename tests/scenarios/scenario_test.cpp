// Plays every .scn file twice: it must hold, and both times give the same bytes. Three days must take no second.
#include "tests/support/scenario.hpp"

#include <catch2/catch.hpp>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>
#include <sstream>

namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::filesystem::path> scenarios() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(MW_SOURCE_DIR "/tests/scenarios"))
    if (entry.path().extension() == ".scn") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

TEST_CASE("every scenario holds, twice alike") {
  const auto files = scenarios();
  REQUIRE(files.size() >= 8);
  for (const auto& file : files) {
    const std::string name = file.filename();
    DYNAMIC_SECTION(name) {
      const auto first = mw::run_scenario(read(file), name);
      for (const std::string& failure : first.failures) UNSCOPED_INFO(failure);
      if (!first.failures.empty()) UNSCOPED_INFO("trace:\n" << first.trace);
      CHECK(first.failures.empty());
#ifndef __SANITIZE_THREAD__  // one thread: under TSan once is enough
      CHECK(mw::run_scenario(read(file), name).trace == first.trace);
#endif
    }
  }
}

TEST_CASE("the cases are held by scenarios and tests that exist") {
  const std::string table = read(MW_SOURCE_DIR "/tests/scenarios/CASES.md");
  std::size_t found = 0;
  const std::regex scenario("`([a-z_]+\\.scn)`");
  for (std::sregex_iterator each(table.begin(), table.end(), scenario), end; each != end; ++each, ++found)
    CHECK(std::filesystem::exists(std::string(MW_SOURCE_DIR "/tests/scenarios/") + each->str(1)));
  const std::regex test("`(tests/[a-z_/]+\\.cpp)` \"([^\"]+)\"");
  for (std::sregex_iterator each(table.begin(), table.end(), test), end; each != end; ++each, ++found) {
    CAPTURE(each->str());
    const std::string source = read(std::string(MW_SOURCE_DIR "/") + each->str(1));
    CHECK(source.find("TEST_CASE(\"" + each->str(2) + "\")") != std::string::npos);
  }
  CHECK(found > 30);
}

TEST_CASE("a scenario that does not hold is seen to fail") {
  const std::string story = read(MW_SOURCE_DIR "/tests/scenarios/healthy.scn");
  CHECK(mw::run_scenario(story, "x").failures.empty());
  CHECK(mw::run_scenario(story + "\nat 2d expect mirror files/equal down connect/refused\n", "x").failures.size() == 1);
  CHECK(mw::run_scenario(story + "\nat 2d expect notice firing X equal\n", "x").failures.size() == 1);
}

namespace {

/// CPU seconds; nothing failed on the way.
double cost_of(const std::string& story) {
  const std::clock_t before = std::clock();
  CHECK(mw::run_scenario(story, "three_days.scn").failures.empty());
  return static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
}

}  // namespace

TEST_CASE("three virtual days take less than a second", "[alone]") {
  const std::string story = read(MW_SOURCE_DIR "/tests/scenarios/three_days.scn");
#ifdef __SANITIZE_THREAD__
  constexpr double kLimit = 15;  // TSan multiplies the cost of every memory access
#else
  constexpr double kLimit = 1;
#endif
  // The best of five: a busy neighbour on the same core makes even CPU seconds longer.
  double took = cost_of(story);
  for (int more = 0; more < 4 && took >= kLimit; ++more) took = std::min(took, cost_of(story));
  std::cout << "three virtual days took " << took << " s\n";
  CHECK(took < kLimit);
}
