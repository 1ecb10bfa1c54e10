// The configuration as TOML, and its reference as Markdown: both from the field tables. Pure.
#include <algorithm>

#include "alerts/default_rules.hpp"
#include "exporter/config_tables.hpp"
#include "probes/duration.hpp"

namespace mw {

namespace {

/// For a cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

template <class T>
std::string default_cell(const Field<T>& row) {
  if (row.need == Need::required) return "**required**";
  if (!row.fallback.empty()) return "`" + cell(row.fallback) + "`";
  return cell(row.fallback_words);
}

template <class T>
std::string section(const std::string& title, const std::string& doc, const Fields<T>& fields) {
  std::string out = "### " + title + "\n\n" + (doc.empty() ? "" : doc + "\n\n");
  out += "| key | value | default | what it is for |\n|---|---|---|---|\n";
  for (const Field<T>& row : fields) {
    if (row.need == Need::hidden) continue;
    out += "| `" + row.key + "` | " + cell(row.expects) + " | " + default_cell(row) + " | " + cell(row.doc) + " |\n";
  }
  return out + "\n";
}

std::string ecosystem_sections() {
  std::string out;
  for (const Ecosystem* ecosystem : ecosystems()) {
    const std::string title = "`[pool." + std::string(ecosystem->name) + "]`";
    const std::string doc = std::string(ecosystem->doc) + " A canary: " + std::string(ecosystem->canary_doc);
    if (ecosystem->options.empty())
      out += "### " + title + "\n\n" + doc + "\n\nIt has no options.\n\n";
    else
      out += section(title, doc, option_fields(*ecosystem));
  }
  return out;
}

std::string_view example_of(Unit unit) {
  constexpr std::string_view kExamples[] = {"`> 6h`", "`> 50%`", "`>= 3`", "`< 2` or `< 50%`", "`< 512KiB`", "alone"};
  return kExamples[static_cast<std::size_t>(unit)];
}

std::string bracket_of(Window window) {
  return window == Window::none ? "" : window == Window::time ? "[5m]" : "[5m] or [5]";
}

std::string signal_section() {
  std::string out =
      "### Conditions\n\n`when` and `clear` compare signals, joined by `and` and `or`; `and` binds tighter, and `not` "
      "turns "
      "what is true or false. What is not known is neither: an alert stays as it is. A rule is about the narrowest "
      "thing "
      "that its condition mentions: a mirror, a pool or the agent.\n\n| signal | example | about | what it is "
      "|\n|---|---|---|---|\n";
  constexpr std::string_view kScopes[] = {"the agent", "a pool", "a mirror"};
  for (const SignalFacts& each : signals())
    out += "| `" + std::string(each.name) + bracket_of(each.window) + "` | " + std::string(example_of(each.unit)) +
           " | " + std::string(kScopes[static_cast<std::size_t>(each.scope)]) + " | " + cell(std::string(each.doc)) +
           " |\n";
  return out + "\n";
}

std::string default_rule_section() {
  std::string out =
      "### Default rules\n\nIn force, for every receiver, while the configuration has no `[[alert]]`; `print-config` "
      "shows "
      "them to copy. Each has a page in [alerts/runbooks](alerts/runbooks).\n\n| rule | when | for | severity "
      "|\n|---|---|---|---|\n";
  for (const Rule& rule : default_rules({}))
    out += "| [" + rule.name + "](alerts/runbooks/" + rule.name + ".md) | `" + to_string(rule.when) + "` | " +
           format_duration(rule.hold) + " | " + rule.severity + " |\n";
  return out + "\n";
}

std::string receiver_sections() {
  std::string out;
  for (const ReceiverKind* kind : receiver_kinds())
    out += section("`[receiver." + std::string(kind->name) + "]`", std::string(kind->doc) + ".", kind_fields(*kind));
  return out;
}

std::string module_sections() {
  return section("`[probe]`", "What `/probe` may look at, and how.", probe_fields()) +
         section("`[[module]]`",
                 "A way for `/probe` to look at a target, as blackbox_exporter has them. Without any, its usual ones "
                 "are there: `http_2xx`, `http_post_2xx`, `tcp_connect`, `pop3s_banner`, `ssh_banner`, `irc_banner`, "
                 "`icmp` and `icmp_ttl5`.",
                 module_fields()) +
         section("`[module.http]`", "", http_module_fields()) +
         section("`[module.http.basic_auth]`", "", basic_auth_fields()) +
         section("`[module.http.authorization]`", "", authorization_fields()) +
         section("`[module.tcp]`", "", tcp_module_fields()) +
         section("`[[module.tcp.query_response]]`", "One step of a conversation, in this order.", step_fields()) +
         section("`[module.dns]`", "", dns_module_fields()) +
         section("`[module.dns.validate_answer_rrs]`",
                 "A record is matched as it stands in a zone file, with tabs between its fields. "
                 "`validate_authority_rrs` and `validate_additional_rrs` have the same keys.",
                 record_rule_fields()) +
         section("`[module.icmp]`", "", icmp_module_fields()) +
         section("`tls_config` of a module's http, tcp or dns", "", module_tls_fields());
}

}  // namespace

std::string print_config(const Config& config) {
  Draft draft{config.agent, {}, config.rules, config.receivers, config.maintenance, config.watchdog, config.probe, {}};
  for (const auto& module : config.probe.modules) draft.modules.push_back(*module);
  for (const auto& pool : config.pools) draft.pools.push_back(*pool);
  const std::string text = print_table(draft, root_fields(), "");
  return text.substr(std::min(text.find_first_not_of('\n'), text.size()));
}

std::string config_reference() {
  return section("`[agent]`", "The agent itself. The whole table may be left out.", agent_fields()) +
         section("`[[pool]]`", "Mirrors that should serve the same content.", pool_fields()) +
         section("`[[pool.mirror]]`", "One mirror.", mirror_fields()) +
         section(
             "`[[pool.file_sd]]`",
             "Files that list more mirrors: `[{\"targets\": [\"https://…\"], \"labels\": {\"mirror\": \"tuna\"}}]`. "
             "The "
             "label `mirror` is the mirror's name, without it the URL is; labels that begin with `__` are dropped. A "
             "file that is missing or no such list leaves what it listed before.",
             file_list_fields()) +
         section("`[[pool.http_sd]]`", "The same from a URL, of which an answer other than 200 changes nothing.",
                 web_list_fields()) +
         section("`[[pool.reference]]`", "One upstream: a URL in the list `reference`, or such a table.",
                 reference_fields()) +
         section("`proxy` of a mirror or reference", "", proxy_fields()) +
         section("`canaries` of a pool, when written as tables", "", canary_fields()) +
         section("`[pool.http]`", "What the http check asks, and what it wants to see.", http_fields()) +
         ecosystem_sections() + section("`[[alert]]`", "One rule.", rule_fields()) + signal_section() +
         default_rule_section() + section("`[[receiver]]`", "One receiver, of one kind.", receiver_fields()) +
         receiver_sections() +
         section("`[[maintenance]]`", "One window in which nobody is told of certain alerts.", maintenance_fields()) +
         section("`[watchdog]`",
                 "A dead man's switch: a service that raises the alarm when it does not hear of the agent. It does not "
                 "while checks do not begin, rules are not evaluated, the state cannot be saved or a receiver accepts "
                 "nothing, for twice as long as `every`.",
                 watchdog_fields()) +
         module_sections();
}

}  // namespace mw
