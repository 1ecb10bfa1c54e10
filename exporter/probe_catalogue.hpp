// The metrics of a reply to /probe, in one table: blackbox_exporter's names and labels, so that its dashboards and
// rules find their series, and one of our own. Beside catalogue.hpp's: these never stand on /metrics.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "exporter/catalogue.hpp"

namespace mw {

/// In the order of the page, which is that of the names.
std::span<const Metric> probe_catalogue();

/// Contract: `name` is in it; throws std::out_of_range otherwise, which is a bug.
const Metric& probe_metric(std::string_view name);

/// For the README, as a Markdown table.
std::string probe_metrics_reference();

}  // namespace mw
