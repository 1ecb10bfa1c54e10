// YAML, and the templates of texts for people. Whatever was configured goes into double quotes.
#include "exporter/rules_file.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "alerts/default_rules.hpp"
#include "alerts/promql.hpp"
#include "probes/duration.hpp"

namespace mw {

namespace {

constexpr std::string_view kHeader =
    "# Alert rules for Prometheus 2.42 or later, as `mirrorwarden rules` made them from its configuration.\n"
    "# Each scraped agent (job, instance) judges for itself. What is not known leaves an alert that fires as it is; "
    "one\n"
    "# that waits for its time, to fire or to be over, waits anew. While an agent cannot be scraped, what fires goes "
    "on:\n"
    "# have a rule of your own on its `up`. Evaluate at least every 4 minutes.\n";

constexpr std::string_view kRuleIndent = "      ";
constexpr std::string_view kExprIndent = "          ";

// ---- YAML ---------------------------------------------------------------------------------------------------

/// A double-quoted scalar (YAML 1.2 §7.3.1).
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') out += "\\n";
    if (c == '\t') out += "\\t";
    if (c != '\n' && c != '\t') out += c;
  }
  return out + "\"";
}

/// A single-quoted one (§7.3.2): for what is full of double quotes.
std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

/// A block of lines as they stand (§8.1.2).
std::string block(std::string_view text, std::string_view indent) {
  std::string out = "|\n" + std::string(indent);
  for (const char c : text) out += c == '\n' ? "\n" + std::string(indent) : std::string(1, c);
  return out + "\n";
}

std::string comment(std::string_view text) { return std::string(kRuleIndent) + "# " + std::string(text) + "\n"; }

// ---- labels -------------------------------------------------------------------------------------------------

/// `job` and `instance` are Prometheus' own; the others mirror_info has itself.
bool is_exported(const std::string& label) {
  constexpr std::array<std::string_view, 5> kTaken = {"job", "instance", "ecosystem", "role", "host"};
  return std::find(kTaken.begin(), kTaken.end(), label) == kTaken.end();
}

/// What mirrors, not references, have for configured labels.
std::vector<std::string> mirror_labels(const Config& config) {
  std::set<std::string> labels;
  for (const auto& pool : config.pools)
    for (const Mirror& mirror : pool->mirrors)
      for (const auto& [label, value] : mirror.labels)
        if (!mirror.reference && is_exported(label)) labels.insert(label);
  return {labels.begin(), labels.end()};
}

/// As a text of Go's templates.
std::string literal(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto braces = text.find("{{");
    out += text.substr(0, braces);
    if (braces == std::string_view::npos) break;
    out += "{{ \"{{\" }}";
    text.remove_prefix(braces + 2);
  }
  return out;
}

/// A mirror's own label goes before the rule's of that name.
std::string label_text(const std::string& label, const std::string& value, const std::vector<std::string>& of_mirrors) {
  if (std::find(of_mirrors.begin(), of_mirrors.end(), label) == of_mirrors.end()) return literal(value);
  return "{{ with $labels." + label + " }}{{ . }}{{ else }}" + literal(value) + "{{ end }}";
}

std::string labels_section(const Rule& rule, const std::vector<std::string>& of_mirrors) {
  std::string out = "        labels:\n          severity: " + quoted(literal(rule.severity)) + "\n";
  for (const auto& [label, value] : rule.labels)
    if (is_exported(label)) out += "          " + label + ": " + quoted(label_text(label, value, of_mirrors)) + "\n";
  return out;
}

// ---- annotations --------------------------------------------------------------------------------------------

std::string summary(const Rule& rule) {
  constexpr std::array<std::string_view, 3> kWho = {"{{ $labels.instance }}", "pool {{ $labels.pool }}",
                                                    "{{ $labels.pool }}/{{ $labels.mirror }}"};
  return std::string(kWho.at(static_cast<std::size_t>(scope_of(rule)))) + ": " + to_string(rule.when);
}

std::string value_template(const Condition& condition) {
  if (condition.of_all) return "{{ humanizePercentage $value }}";
  switch (facts(condition.signal).unit) {
    case Unit::duration:
      return "{{ humanizeDuration $value }}";
    case Unit::ratio:
      return "{{ humanizePercentage $value }}";
    case Unit::rate:
      return "{{ humanize1024 $value }}B per second";
    default:
      return "{{ $value }}";
  }
}

/// Its value where there is just one, which while frozen is NaN: not equal to itself.
std::string description(const Rule& rule) {
  std::string out;
  std::set<Signal> said;
  for (const auto& row : rule.when.any_of)
    for (const Condition& condition : row)
      if (said.insert(condition.signal).second)
        out += (out.empty() ? "" : "\n") + std::string(name(condition.signal)) + ": " +
               std::string(facts(condition.signal).doc);
  const Condition& first = rule.when.any_of.front().front();
  const bool lone = rule.when.any_of.size() == 1 && rule.when.any_of.front().size() == 1;
  if (!lone || facts(first.signal).unit == Unit::flag) return out;
  return out + "\nnow: {{ if eq $value $value }}" + value_template(first) + "{{ else }}not known{{ end }}";
}

bool is_default(const Rule& rule) {
  const std::vector<Rule> all = default_rules({});
  return std::any_of(all.begin(), all.end(), [&](const Rule& each) { return each.name == rule.name; });
}

std::string annotations_section(const Rule& rule, const std::string& runbooks) {
  std::map<std::string, std::string> texts = {{"summary", summary(rule)}, {"description", description(rule)}};
  if (!runbooks.empty() && is_default(rule))
    texts["runbook_url"] = literal(runbooks + (runbooks.ends_with('/') ? "" : "/") + rule.name + ".md");
  for (const auto& [key, text] : rule.annotations) texts[key] = text;  // what is filled in is named as Prometheus does
  std::string out = "        annotations:\n";
  for (const auto& [key, text] : texts) out += "          " + key + ": " + quoted(text) + "\n";
  return out;
}

// ---- rules --------------------------------------------------------------------------------------------------

std::string about(const Rule& rule) {
  std::string text = "when: " + to_string(rule.when);
  if (!rule.clear.empty()) text += ", clear: " + to_string(rule.clear);
  return text;
}

/// One rule after another, with what is to be said of them.
class Writer {
 public:
  Writer(const Config& config, const std::string& runbooks) : labels_(mirror_labels(config)), runbooks_(runbooks) {}

  void add(const Rule& rule) {
    const auto outcome = to_promql(rule, labels_);
    if (const auto* why = std::get_if<std::string>(&outcome))
      return warn("rule " + printable(rule.name) + " is not here: " + *why);
    const auto& expression = std::get<PromqlExpression>(outcome);
    for (const std::string& remark : expression.remarks)
      warn("rule " + printable(rule.name) + " is not quite the same here: " + remark);
    file_.text += comment(about(rule)) + std::string(kRuleIndent) + "- alert: " + quoted(rule.name) + "\n";
    file_.text += "        expr: " + block(expression.text, kExprIndent);
    if (rule.hold > Duration::zero()) file_.text += "        for: " + format_duration(rule.hold) + "\n";
    if (rule.keep_firing > Duration::zero())
      file_.text += "        keep_firing_for: " + format_duration(rule.keep_firing) + "\n";
    file_.text += labels_section(rule, labels_) + annotations_section(rule, runbooks_);
    written_.push_back(rule);
  }

  RulesFile file() && {
    const std::string_view none = written_.empty() ? " []" : "";
    file_.text = std::string(kHeader) + "groups:\n  - name: mirrorwarden\n    rules:" + std::string(none) + "\n" +
                 file_.text + inhibitions();
    return std::move(file_);
  }

 private:
  void warn(const std::string& text) {
    file_.warnings.push_back(text);
    file_.text += comment(text);
  }

  std::vector<std::string> muted_by(const std::string& source) const {
    std::vector<std::string> names;
    for (const Rule& rule : written_)
      if (std::find(rule.inhibited_by.begin(), rule.inhibited_by.end(), source) != rule.inhibited_by.end())
        names.push_back(rule.name);
    return names;
  }

  /// Alertmanager's inhibit_rules: for the same thing or a wider one, by what the source is about.
  std::string inhibitions() const {
    constexpr std::array<std::string_view, 3> kEqual = {"job, instance", "job, instance, pool",
                                                        "job, instance, pool, mirror"};
    std::string out;
    for (const Rule& source : written_) {
      const auto targets = muted_by(source.name);
      if (targets.empty()) continue;
      out += "#   - source_matchers: [" + single_quoted("alertname" + match_any({source.name})) + "]\n";
      out += "#     target_matchers: [" + single_quoted("alertname" + match_any(targets)) + "]\n";
      out += "#     equal: [" + std::string(kEqual.at(static_cast<std::size_t>(scope_of(source)))) + "]\n";
    }
    return out.empty()
               ? out
               : "\n# For Alertmanager's configuration: which alerts keep which others silent.\n#\n# inhibit_rules:\n" +
                     out;
  }

  std::vector<std::string> labels_;
  std::string runbooks_;
  std::vector<Rule> written_;
  RulesFile file_;
};

}  // namespace

std::vector<Rule> exported_rules(const Config& config) {
  return config.rules.empty() ? default_rules({}) : config.rules;
}

RulesFile prometheus_rules(const Config& config, const std::string& runbooks) {
  Writer writer(config, runbooks);
  for (const Rule& rule : exported_rules(config)) writer.add(rule);
  return std::move(writer).file();
}

}  // namespace mw
