// Scenarios: text files that tell what the world does and what must be seen, in virtual time. Most behaviour needs
// no C++ to test. The language is described in tests/scenarios/README.md.
#pragma once

#include <string>
#include <vector>

namespace mw {

struct ScenarioResult {
  std::vector<std::string> failures;  ///< `file:line: what was expected, what was seen`
  std::string trace;                  ///< every verdict change and notice with its time: same input, same bytes
};

ScenarioResult run_scenario(const std::string& text, const std::string& file);

}  // namespace mw
