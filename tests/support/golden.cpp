// Reading, comparing and, when asked to, writing the expected text.
#include "tests/support/golden.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace mw {

namespace {

std::string first_difference(const std::string& expected, const std::string& actual) {
  std::istringstream left(expected);
  std::istringstream right(actual);
  std::string a;
  std::string b;
  for (int line = 1;; ++line) {
    const bool has_a = static_cast<bool>(std::getline(left, a));
    const bool has_b = static_cast<bool>(std::getline(right, b));
    if (has_a && has_b && a == b) continue;
    return "line " + std::to_string(line) + "\n  expected: " + (has_a ? a : "(end)") +
           "\n  actual:   " + (has_b ? b : "(end)");
  }
}

}  // namespace

std::string golden_difference(const std::string& file, const std::string& actual) {
  if (const char* update = std::getenv("MW_UPDATE_GOLDEN"); update != nullptr && std::string(update) == "1") {
    std::ofstream out(file, std::ios::binary);
    out << actual;
    return out ? "" : "cannot write " + file;
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) return "cannot read " + file;
  std::ostringstream expected;
  expected << in.rdbuf();
  return expected.str() == actual ? "" : file + ": " + first_difference(expected.str(), actual);
}

}  // namespace mw
