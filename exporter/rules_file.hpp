// The alert rules as files that Prometheus and Alertmanager read: `mirrorwarden rules`. Pure; knows no PromQL, which is
// alerts/promql's.
#pragma once

#include <string>
#include <vector>

#include "exporter/config.hpp"

namespace mw {

/// The configured rules, or the default ones where none are configured, with or without receivers.
std::vector<Rule> exported_rules(const Config&);

struct RulesFile {
  std::string text;                   ///< YAML: a rules file of Prometheus 2.42 or later
  std::vector<std::string> warnings;  ///< rules that are not in it, or not quite the same; also comments in the text
};

/// `runbooks` is the URL below which NAME.md is the runbook of default rule NAME; empty = they are not linked.
RulesFile prometheus_rules(const Config&, const std::string& runbooks);

}  // namespace mw
