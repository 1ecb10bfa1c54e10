// What the pages of the API are put together from. For the files that write them, and for no other.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "exporter/published.hpp"

namespace mw {

using Json = nlohmann::ordered_json;

/// As it is sent: indented, valid UTF-8 whatever is in it.
std::string page(const Json&);

/// {"layer", "reason", "detail"}.
Json failure_json(const Failure&);
/// {"state"} and what the failure says, and the parent that is to blame.
Json verdict_json(const Verdict&);
/// Of the list of all mirrors.
Json mirror_json(const MirrorView&);

}  // namespace mw
