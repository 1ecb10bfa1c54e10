// A JSON body as vendors want it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "alerts/receiver.hpp"

namespace mw {

/// Bytes that are no UTF-8 are replaced.
std::string json_text(const nlohmann::json&);
Post json_post(Secret url, std::string body);

}  // namespace mw
