// What people order through the API: silences and acknowledgements, as JSON in the shape that Alertmanager's API v2
// has, so that habits and scripts carry over. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "alerts/silence.hpp"

namespace mw {

/// {"matchers": [{"name", "value", "isRegex", "isEqual"}], "startsAt", "endsAt" or "duration", "createdBy", "comment"}.
/// startsAt is now when left out. Else what is wrong, for the one who sent it.
std::variant<Silence, std::string> read_silence(std::string_view body, SysTime now);

struct AcknowledgeOrder {
  std::vector<Matcher> matchers;
  Acknowledgement by;
};
/// {"matchers", "createdBy", "comment"}.
std::variant<AcknowledgeOrder, std::string> read_acknowledgement(std::string_view body);

/// GET /api/v1/silences: a list as Alertmanager's.
std::string silences_json(const Silences&, SysTime now);

}  // namespace mw
