// The rules in force when the configuration has none: what a newcomer would have to write. One runbook each, in
// runbooks/. Pure.
#pragma once

#include <string>
#include <vector>

#include "alerts/rule.hpp"

namespace mw {

/// They tell these receivers.
std::vector<Rule> default_rules(const std::vector<std::string>& receivers);

}  // namespace mw
