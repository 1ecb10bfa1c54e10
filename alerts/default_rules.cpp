// The table of default rules.
#include "alerts/default_rules.hpp"

namespace mw {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using Names = std::vector<std::string>;

struct Row {
  const char* name;
  const char* when;
  Duration hold;
  Duration keep_firing;
  const char* severity;
  Names inhibited_by;
};

/// Whoever cannot see says nothing of others; what is down is not also slow; and a lag is nobody's fault but the
/// upstream's while that is away.
const std::vector<Row>& rows() {
  static const Names kBlind = {"AgentOffline"};
  static const Names kDown = {"AgentOffline", "MirrorDown"};
  static const Names kUpstream = {"AgentOffline", "MirrorDown", "UpstreamDown"};
  static const std::vector<Row> all = {
      {"AgentOffline", "self_fault", minutes(2), minutes(2), "page", {}},
      {"UpstreamDown", "upstream_down", minutes(10), minutes(5), "warning", kBlind},
      {"PoolUnsafe", "pool_fresh < 1", minutes(10), minutes(5), "page", {"AgentOffline", "UpstreamDown"}},
      {"MirrorCorrupt", "corrupt", {}, minutes(10), "page", kBlind},
      {"MirrorDown", "down", minutes(5), minutes(5), "page", kBlind},
      {"MirrorStale", "sync_lag > 6h", minutes(10), minutes(5), "warning", kUpstream},
      {"MirrorPartlyStale", "stale_ratio > 20%", hours(6), minutes(30), "warning", kUpstream},
      {"MirrorInconsistent", "inconsistent", minutes(30), minutes(30), "warning", kUpstream},
      {"MetadataExpiring", "metadata_expires_in < 1d", minutes(30), minutes(5), "warning", kUpstream},
      {"CertificateExpiring", "cert_expires_in < 14d", hours(1), hours(1), "warning", kDown},
  };
  return all;
}

}  // namespace

std::vector<Rule> default_rules(const std::vector<std::string>& receivers) {
  std::vector<Rule> rules;
  for (const Row& row : rows()) {
    Rule rule;
    rule.name = row.name;
    rule.when = std::get<Expression>(parse_expression(row.when));
    rule.hold = row.hold;
    rule.keep_firing = row.keep_firing;
    rule.severity = row.severity;
    rule.notify = receivers;
    rule.inhibited_by = row.inhibited_by;
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace mw
