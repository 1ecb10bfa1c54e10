// Writing JSON.
#include "alerts/json_post.hpp"

#include <nlohmann/json.hpp>

namespace mw {

std::string json_text(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Post json_post(Secret url, std::string body) {
  return {std::move(url), {{"Content-Type", "application/json; charset=utf-8"}}, std::move(body)};
}

}  // namespace mw
