// The runbooks of the default rules, as part of the program: at three in the morning no other server need be up.
#pragma once

#include <string_view>

namespace mw {

/// alerts/runbooks/RULE.md, Markdown; empty if there is none.
std::string_view runbook(std::string_view rule);

}  // namespace mw
