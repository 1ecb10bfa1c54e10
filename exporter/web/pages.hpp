// The status page: what is wrong first, then every mirror. Server-rendered, no script, nothing from elsewhere.
#pragma once

#include <string>
#include <string_view>

#include "exporter/published.hpp"

namespace mw {

struct StatusPage {
  std::shared_ptr<const Published> published;  ///< may be null: nothing is known yet
  SysTime now{};
  std::string version;
  std::string metrics_path;
};

std::string status_page(const StatusPage&);

/// dashboards/status.css, embedded at build time.
std::string_view style_sheet();

}  // namespace mw
