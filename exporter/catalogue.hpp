// Every metric that the agent exports, in one table: the exposition writes nothing else, the README's table is
// made from it, tests hold it to the Prometheus conventions. Knows names only, no values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mw {

enum class MetricType : std::uint8_t { counter, gauge, histogram };
std::string_view name(MetricType);

struct Metric {
  std::string_view name;
  MetricType type{};
  std::string_view unit;    ///< the name's unit suffix: "seconds", "bytes", "ratio"; empty = a plain number
  std::string_view labels;  ///< comma-separated; "…" at the end = and the mirror's configured labels
  std::string_view help;    ///< one sentence; what an absent series means when that can happen
};

/// In the order of the page, names unique.
std::span<const Metric> catalogue();

/// Contract: `name` is in the catalogue; throws std::out_of_range otherwise, which is a bug.
const Metric& metric(std::string_view name);

/// The reference of all metrics for the README, as a Markdown table.
std::string metrics_reference();

}  // namespace mw
