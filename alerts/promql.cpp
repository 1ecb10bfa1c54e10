// Truth in two vectors: the subjects of which a condition holds, and those of which it does not. Who is in neither is
// unknown.
#include "alerts/promql.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "probes/duration.hpp"

namespace mw {

namespace {

/// Every verdict on every mirror that is judged: as many as there are mirrors, for one verdict of each holds.
constexpr std::string_view kPoolMirrors =
    "sum without (mirror, verdict) (mirror_verdict and on ($mirror) mirror_info{role=\"mirror\"})";

constexpr std::size_t kBrief = 80;

struct Truths {
  std::string yes;
  std::string no;
};

// ---- text ---------------------------------------------------------------------------------------------------

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

/// What does not fit beside other things stands on lines of its own.
std::string bracketed(const std::string& text) {
  const bool brief = text.size() <= kBrief && text.find('\n') == std::string::npos;
  return brief ? "(" + text + ")" : "(\n  " + replaced(text, "\n", "\n  ") + "\n)";
}

std::string number_text(double value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), error == std::errc{} ? end : text.data()};
}

/// The labels by which series of a scope are matched: each scraped agent judges for itself.
std::string_view labels_of(Scope scope) {
  constexpr std::array<std::string_view, 3> kLabels = {"job, instance", "job, instance, pool",
                                                       "job, instance, pool, mirror"};
  return kLabels.at(static_cast<std::size_t>(scope));
}

std::string on(Scope scope) { return "on (" + std::string(labels_of(scope)) + ") "; }

std::string filled_in(std::string_view form, const Condition& condition) {
  std::string text = replaced(std::string(form), "$window", format_duration(condition.window));
  text = replaced(std::move(text), "$agent", labels_of(Scope::agent));
  text = replaced(std::move(text), "$pool", labels_of(Scope::pool));
  return replaced(std::move(text), "$mirror", labels_of(Scope::mirror));
}

// ---- one condition ------------------------------------------------------------------------------------------

bool is_upward(Comparison comparison) { return comparison == Comparison::above || comparison == Comparison::at_least; }

Comparison opposite(Comparison comparison) {
  constexpr std::array kOpposites = {Comparison::at_most, Comparison::below, Comparison::at_least, Comparison::above};
  return kOpposites.at(static_cast<std::size_t>(comparison));
}

bool has_gauge(const Condition& condition) {
  return condition.window == std::chrono::minutes(5) && !promql_form(condition.signal).five_minutes.empty();
}

/// It holds when even the least, or the most, that the value may be is beyond the threshold.
Truths compared(const Condition& condition) {
  const PromqlForm& form = promql_form(condition.signal);
  std::string least = has_gauge(condition) ? form.five_minutes : form.value;
  std::string most = form.most.empty() ? least : form.most;
  if (condition.of_all) {
    least += " / " + std::string(kPoolMirrors);
    most += " / " + std::string(kPoolMirrors);
  }
  const auto beyond = [&](const std::string& value, Comparison comparison) {
    return value + " " + std::string(symbol(comparison)) + " " + number_text(condition.threshold);
  };
  const bool upward = is_upward(condition.comparison);
  return {beyond(upward ? least : most, condition.comparison),
          beyond(upward ? most : least, opposite(condition.comparison))};
}

Truths truths_of(const Condition& condition) {
  const PromqlForm& form = promql_form(condition.signal);
  const bool flag = facts(condition.signal).unit == Unit::flag;
  Truths truths = flag ? Truths{form.yes, form.no} : compared(condition);
  truths = {filled_in(truths.yes, condition), filled_in(truths.no, condition)};
  if (condition.negated) std::swap(truths.yes, truths.no);
  return truths;
}

std::string why_not(const Condition& condition) {
  if (condition.runs > 0) return to_string(condition) + " cannot be asked: no metric tells the last runs one by one";
  return "";
}

// ---- several ------------------------------------------------------------------------------------------------

/// One series for everything that a rule of that scope may be about, without more labels than it takes.
std::string everything(Scope scope) {
  constexpr std::array<std::string_view, 3> kAll = {"mirrorwarden_self_fault", "mirror_pool_reference_up",
                                                    "max without (verdict) (mirror_verdict)"};
  return std::string(kAll.at(static_cast<std::size_t>(scope)));
}

/// A wider condition, said of each thing in the rule's scope.
std::string lifted(const std::string& text, Scope from, Scope to) {
  return from == to ? text : everything(to) + " and " + on(from) + bracketed(text);
}

std::string joined(const std::vector<std::string>& texts, const std::string& word) {
  if (texts.size() == 1) return texts.front();
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : "\n" + word) + bracketed(text);
  return all;
}

/// One row of an expression. The value is that of its first condition in the rule's scope.
Truths truths_of(std::vector<Condition> row, Scope scope) {
  std::stable_partition(row.begin(), row.end(), [&](const Condition& c) { return facts(c.signal).scope == scope; });
  Truths all;
  std::vector<std::string> no;
  for (const Condition& condition : row) {
    const Truths truths = truths_of(condition);
    const Scope own = facts(condition.signal).scope;
    all.yes += all.yes.empty() ? lifted(truths.yes, own, scope) : "\nand " + on(own) + bracketed(truths.yes);
    no.push_back(lifted(truths.no, own, scope));
  }
  all.no = joined(no, "or " + on(scope));
  return all;
}

Truths truths_of(const Expression& expression, Scope scope) {
  std::vector<std::string> yes;
  std::vector<std::string> no;
  for (const auto& row : expression.any_of) {
    Truths truths = truths_of(row, scope);
    yes.push_back(std::move(truths.yes));
    no.push_back(std::move(truths.no));
  }
  return {joined(yes, "or " + on(scope)), joined(no, "and " + on(scope))};
}

// ---- the whole rule -----------------------------------------------------------------------------------------

/// What the rule looks at: no references, and only the pools that it names.
std::string subjects(const Rule& rule, Scope scope) {
  const std::string pools = rule.pools.empty() ? "" : "pool" + match_any(rule.pools);
  if (scope == Scope::agent) return everything(scope);
  if (scope == Scope::pool) return everything(scope) + (pools.empty() ? "" : "{" + pools + "}");
  return "mirror_info{role=\"mirror\"" + (pools.empty() ? "" : ", " + pools) + "}";
}

/// With the mirrors' configured labels, which mirror_info has.
std::string of_subjects(const std::string& text, const Rule& rule, const std::vector<std::string>& labels) {
  const Scope scope = scope_of(rule);
  if (scope != Scope::mirror && rule.pools.empty()) return text;
  if (scope != Scope::mirror || labels.empty()) return bracketed(text) + "\nand " + on(scope) + subjects(rule, scope);
  std::string list;
  for (const std::string& label : labels) list += (list.empty() ? "" : ", ") + label;
  return bracketed(text) + "\n* " + on(scope) + "group_left (" + list + ") " + subjects(rule, scope);
}

/// What fires goes on: until it is seen to be over, and for as long as the agent cannot be scraped. Its value is not
/// known then.
std::string kept(const Rule& rule, const std::string& over) {
  const Scope scope = scope_of(rule);
  const std::string firing =
      "max without (alertstate) (ALERTS{alertname=" + quote_promql(rule.name) + ", alertstate=\"firing\"})";
  const std::string seen =
      firing + "\nand " + on(scope) + subjects(rule, scope) + "\nunless " + on(scope) + bracketed(over);
  const std::string unseen = firing + "\nand " + on(Scope::agent) + "up == 0";
  return "NaN * " + bracketed(seen + "\nor " + on(scope) + bracketed(unseen));
}

/// What begins it says nothing of an alert that fires, and that something else ends.
std::string unless_over(const std::string& yes, const Rule& rule, const std::string& over) {
  const Scope scope = scope_of(rule);
  const std::string firing = "ALERTS{alertname=" + quote_promql(rule.name) + ", alertstate=\"firing\"}";
  return bracketed(yes) + "\nunless " + on(scope) + bracketed(firing + "\nand " + on(scope) + bracketed(over));
}

PromqlExpression expression_of(const Rule& rule, const std::vector<std::string>& labels) {
  const Scope scope = scope_of(rule);
  const Truths when = truths_of(rule.when, scope);
  const std::string over = rule.clear.empty() ? when.no : truths_of(rule.clear, scope).yes;
  const std::string begins = rule.clear.empty() ? when.yes : unless_over(when.yes, rule, over);
  return {of_subjects(begins, rule, labels) + "\nor " + on(scope) + bracketed(kept(rule, over)), {}};
}

std::vector<Condition> conditions_of(const Rule& rule) {
  std::vector<Condition> all;
  for (const Expression* expression : {&rule.when, &rule.clear})
    for (const auto& row : expression->any_of) all.insert(all.end(), row.begin(), row.end());
  return all;
}

}  // namespace

std::variant<PromqlExpression, std::string> to_promql(const Rule& rule, const std::vector<std::string>& labels) {
  std::vector<std::string> remarks;
  for (const Condition& condition : conditions_of(rule)) {
    std::string why = why_not(condition);
    if (!why.empty()) return why;
    const std::string& remark = promql_form(condition.signal).remark;
    if (remark.empty() || has_gauge(condition)) continue;
    std::string said = to_string(condition) + ": " + remark;
    if (std::find(remarks.begin(), remarks.end(), said) == remarks.end()) remarks.push_back(std::move(said));
  }
  PromqlExpression expression = expression_of(rule, labels);
  expression.remarks = std::move(remarks);
  return expression;
}

Scope scope_of(const Rule& rule) { return std::max(scope_of(rule.when), scope_of(rule.clear)); }

std::string quote_promql(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string match_any(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return "=" + quote_promql(texts.front());
  std::string pattern;
  for (const std::string& text : texts) {
    if (!pattern.empty()) pattern += '|';
    for (const char c : text) {
      if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) pattern += '\\';
      pattern += c;
    }
  }
  return "=~" + quote_promql(pattern);
}

}  // namespace mw
