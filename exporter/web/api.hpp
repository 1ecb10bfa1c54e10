// The HTTP API: the published picture as JSON. Pure.
#pragma once

#include <string>

#include "exporter/published.hpp"

namespace mw {

/// GET /api/v1/mirrors: every mirror with its verdict, its lag, and the parts and addresses that are behind. Outside
/// text is printable; unknown values are left out.
std::string mirrors_json(const Published&, SysTime now);

/// GET /api/v1/receivers: what each is owed, how the last attempt failed, and the messages it would never have taken.
std::string receivers_json(const Published&, SysTime now);

/// GET /api/v1/alerts: what is pending or firing, with who keeps it silent and who has seen to it.
std::string alerts_json(const Published&, SysTime now);

}  // namespace mw
