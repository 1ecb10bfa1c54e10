// Which path means what. Pure apart from the reload hook: a request and the site as it is now make a reply.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "exporter/build_info.hpp"
#include "exporter/exposition.hpp"
#include "exporter/metrics_page.hpp"
#include "exporter/published.hpp"
#include "exporter/web/message.hpp"
#include "exporter/web/orders.hpp"

namespace mw {

/// What people may order, each from the loop that owns it all. Nothing: the agent did not answer in time.
struct Orders {
  std::function<std::variant<std::string, NotLaid>(const Silence&)> lay;
  std::function<std::optional<bool>(const std::string& id)> lift;
  std::function<std::optional<std::size_t>(const AcknowledgeOrder&)> acknowledge;
};

struct Site {
  std::shared_ptr<const Published> published;  ///< may be null: nothing is known yet
  SysTime now{};
  BuildInfo build;
  std::string metrics_path = "/metrics";
  std::function<std::vector<Family>()> own_families;   ///< of the agent and its process
  MetricsPages* pages = nullptr;                       ///< null: nothing is kept between scrapes
  std::function<std::optional<std::string>()> reload;  ///< reads the configuration again; the reason if it failed
  Orders orders;
};

WebReply answer(const WebRequest&, const Site&);

}  // namespace mw
