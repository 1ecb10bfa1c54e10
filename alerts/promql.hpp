// Rules in Prometheus' query language, for whoever evaluates them there. How a signal is asked for stands in the table
// of signals; here it becomes an alert's expression that freezes, as the engine does, while something is unknown. Pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "alerts/rule.hpp"

namespace mw {

/// How Prometheus is asked for a signal: over the metrics that exporter/catalogue.hpp lists, which a test holds these
/// texts to. A vector has the labels of the signal's scope beside those of the scrape, and no series for what is not
/// known. A flag has `yes` and `no`, every other signal `value`. "$window" stands for the window; "$agent", "$pool" and
/// "$mirror" for the labels by which series of that scope are matched.
struct PromqlForm {
  std::string value = {};
  std::string most = {};          ///< of a share: the mirrors are `value` at least and this many at most
  std::string five_minutes = {};  ///< instead of `value` for the window [5m], where a gauge has just that
  std::string yes = {};
  std::string no = {};
  std::string remark = {};  ///< in what `value` is not quite the engine's
};
/// From the same table as facts().
const PromqlForm& promql_form(Signal);

struct PromqlExpression {
  std::string text;                  ///< lines, without a newline at the end
  std::vector<std::string> remarks;  ///< in what it is not quite the engine's
};

/// The `expr` of an alerting rule, or why there is none. `labels`: those of mirrors' configured labels that an alert
/// of a mirror has, as mirror_info has them. `for` and `keep_firing_for` are the caller's.
std::variant<PromqlExpression, std::string> to_promql(const Rule&, const std::vector<std::string>& labels);

/// What a rule is about: its condition's scope or that of what ends it, whichever is narrower.
Scope scope_of(const Rule&);

/// As a string of PromQL, and of Alertmanager's matchers: quotes included.
std::string quote_promql(std::string_view text);

/// A matcher's operator and value for any of these: ="a" or =~"a|b". Contract: not empty.
std::string match_any(const std::vector<std::string>& texts);

}  // namespace mw
