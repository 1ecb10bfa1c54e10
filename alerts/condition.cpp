// Reading and writing conditions.
#include "alerts/condition.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "probes/duration.hpp"

namespace mw {

namespace {

constexpr std::size_t kMostConditions = 16;
constexpr int kMostRuns = 10;
constexpr double kLargestNumber = 1e6;
constexpr double kLargestShown = 9e9;

bool is_space(char c) { return c == ' ' || c == '\t'; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

/// Walks the text once; the first thing out of place ends it.
struct Reader {
  std::string_view text;
  std::size_t at = 0;

  void skip_spaces() {
    while (at < text.size() && is_space(text[at])) ++at;
  }
  std::string_view take_while(bool (*wanted)(char)) {
    const std::size_t start = at;
    while (at < text.size() && wanted(text[at])) ++at;
    return text.substr(start, at - start);
  }
  bool take(std::string_view token) {
    if (!text.substr(at).starts_with(token)) return false;
    at += token.size();
    return true;
  }
  /// The word only when nothing of a longer one follows.
  bool take_word(std::string_view word) {
    const std::size_t start = at;
    if (take_while(is_word) == word) return true;
    at = start;
    return false;
  }
};

using Problem = std::optional<ConditionError>;

std::optional<Signal> find_signal(std::string_view word) {
  for (const SignalFacts& each : signals())
    if (each.name == word) return each.signal;
  return std::nullopt;
}

std::string signal_list() {
  std::string list;
  for (const SignalFacts& each : signals()) list += (list.empty() ? "" : ", ") + std::string(each.name);
  return list;
}

std::optional<Comparison> take_comparison(Reader& reader) {
  if (reader.take(">=")) return Comparison::at_least;
  if (reader.take("<=")) return Comparison::at_most;
  if (reader.take(">")) return Comparison::above;
  if (reader.take("<")) return Comparison::below;
  return std::nullopt;
}

// ---- thresholds ---------------------------------------------------------------------------------------------

std::optional<double> read_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && std::isfinite(value);
  return whole ? std::optional(value) : std::nullopt;
}

std::optional<double> read_ratio(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  auto value = read_number(text);
  if (value && percent) *value /= 100;
  return value && *value >= 0 && *value <= 1 ? value : std::nullopt;
}

std::optional<double> read_count(std::string_view text) {
  const auto value = read_number(text);
  return value && *value >= 0 && *value <= kLargestNumber && *value == std::floor(*value) ? value : std::nullopt;
}

std::optional<double> read_seconds(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto duration = parse_duration(negative ? text.substr(1) : text);
  if (!duration) return std::nullopt;
  return negative ? -seconds(*duration) : seconds(*duration);
}

std::optional<double> read_rate(std::string_view text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"GiB", 1 << 30U}, {"MiB", 1 << 20U}, {"KiB", 1 << 10U}, {"B", 1}};
  for (const auto& [unit, bytes] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const auto value = read_number(text.substr(0, text.size() - unit.size()));
    return value && *value >= 0 ? std::optional(*value * bytes) : std::nullopt;
  }
  return std::nullopt;
}

/// Whether the text was a threshold of that unit.
bool read_threshold(std::string_view text, Condition& condition) {
  const Unit unit = facts(condition.signal).unit;
  condition.of_all = unit == Unit::share && text.ends_with('%');
  std::optional<double> value;
  if (unit == Unit::duration) value = read_seconds(text);
  if (unit == Unit::ratio || condition.of_all) value = read_ratio(text);
  if (unit == Unit::number || (unit == Unit::share && !condition.of_all)) value = read_count(text);
  if (unit == Unit::rate) value = read_rate(text);
  condition.threshold = value.value_or(0);
  return value.has_value();
}

std::string example_of(Unit unit) {
  switch (unit) {
    case Unit::duration:
      return "a duration such as 6h";
    case Unit::ratio:
      return "a ratio such as 50% or 0.5";
    case Unit::number:
      return "a whole number such as 3";
    case Unit::share:
      return "a number of mirrors such as 3, or a share of them such as 50%";
    case Unit::rate:
      return "bytes per second such as 512KiB";
    case Unit::flag:
      break;
  }
  return "nothing";
}

// ---- conditions ---------------------------------------------------------------------------------------------

Problem read_window(Reader& reader, Condition& condition) {
  const std::size_t bracket = reader.at;
  if (!reader.take("[")) return std::nullopt;
  const Window kind = facts(condition.signal).window;
  if (kind == Window::none) return ConditionError{bracket, std::string(name(condition.signal)) + " takes no [window]"};
  const std::size_t start = reader.at;
  const std::string_view inside = reader.take_while([](char c) { return c != ']'; });
  const auto window = parse_duration(inside);
  const auto runs = read_count(inside);
  if (runs && kind == Window::time_or_runs && *runs >= 1 && *runs <= kMostRuns)
    condition.runs = static_cast<int>(*runs);
  else if (window && window->count() > 0 && *window <= std::chrono::hours(1))
    condition.window = *window;
  else
    return ConditionError{start, kind == Window::time ? "expected a window of up to 1h such as 5m"
                                                      : "expected a window of up to 1h such as 5m, or 1 to 10 runs"};
  if (!reader.take("]")) return ConditionError{reader.at, "expected ']' after the window"};
  return std::nullopt;
}

Problem read_comparison(Reader& reader, Condition& condition) {
  const Unit unit = facts(condition.signal).unit;
  reader.skip_spaces();
  const std::size_t start = reader.at;
  const auto comparison = take_comparison(reader);
  if (unit == Unit::flag && comparison)
    return ConditionError{start, std::string(name(condition.signal)) + " is true or false, expected no comparison"};
  if (unit == Unit::flag) return std::nullopt;
  if (!comparison) return ConditionError{start, "expected one of > >= < <="};
  condition.comparison = *comparison;
  reader.skip_spaces();
  const std::size_t threshold = reader.at;
  if (!read_threshold(reader.take_while([](char c) { return !is_space(c); }), condition))
    return ConditionError{threshold, "expected " + example_of(unit)};
  return std::nullopt;
}

Problem read_condition(Reader& reader, Condition& condition) {
  reader.skip_spaces();
  condition.negated = reader.take_word("not");
  reader.skip_spaces();
  const std::size_t start = reader.at;
  if (reader.take("(")) return ConditionError{start, "parentheses are not understood: 'and' binds tighter than 'or'"};
  const auto signal = find_signal(reader.take_while(is_word));
  if (!signal) return ConditionError{start, "expected a signal, one of " + signal_list()};
  condition.signal = *signal;
  if (condition.negated && facts(*signal).unit != Unit::flag)
    return ConditionError{start, "'not' stands only before what is true or false; turn the comparison instead"};
  if (auto problem = read_window(reader, condition)) return problem;
  return read_comparison(reader, condition);
}

std::string format_number(double value) {
  std::string text(32, '\0');
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  text.resize(error == std::errc{} ? static_cast<std::size_t>(end - text.data()) : 0);
  return text;
}

std::string format_ratio(double value) { return format_number(std::round(value * 1e6) / 1e4) + "%"; }

std::string format_rate(double value) {
  constexpr std::pair<std::string_view, double> kUnits[] = {{"GiB", 1 << 30U}, {"MiB", 1 << 20U}, {"KiB", 1 << 10U}};
  for (const auto& [unit, bytes] : kUnits)
    if (value >= bytes) return format_number(std::round(value / bytes * 1e3) / 1e3) + std::string(unit);
  return format_number(value) + "B";
}

}  // namespace

std::variant<Expression, ConditionError> parse_expression(std::string_view text) {
  Reader reader{text};
  Expression expression{{{}}};
  for (std::size_t count = 1;; ++count) {
    Condition condition;
    if (auto problem = read_condition(reader, condition)) return *problem;
    expression.any_of.back().push_back(condition);
    reader.skip_spaces();
    if (reader.at == text.size()) return expression;
    if (count == kMostConditions) return ConditionError{reader.at, "expected the end: 16 conditions are the most"};
    if (reader.take_word("and")) continue;
    if (!reader.take_word("or")) return ConditionError{reader.at, "expected 'and', 'or' or the end"};
    expression.any_of.emplace_back();
  }
}

std::string_view symbol(Comparison comparison) {
  constexpr std::string_view kSymbols[] = {">", ">=", "<", "<="};
  return kSymbols[static_cast<std::size_t>(comparison)];
}

std::string to_string(const Condition& condition) {
  const SignalFacts& what = facts(condition.signal);
  std::string text = (condition.negated ? "not " : "") + std::string(what.name);
  if (condition.runs > 0)
    text += "[" + std::to_string(condition.runs) + "]";
  else if (what.window != Window::none)
    text += "[" + format_duration(condition.window) + "]";
  if (what.unit == Unit::flag) return text;
  const std::string threshold =
      condition.of_all ? format_ratio(condition.threshold) : format_value(condition.signal, condition.threshold);
  return text + " " + std::string(symbol(condition.comparison)) + " " + threshold;
}

std::string to_string(const Expression& expression) {
  std::string text;
  for (const auto& row : expression.any_of)
    for (const Condition& condition : row)
      text += (text.empty() ? "" : &condition == row.data() ? " or " : " and ") + to_string(condition);
  return text;
}

std::string format_value(Signal signal, double value) {
  if (!std::isfinite(value)) return "unknown";
  value = std::clamp(value, -kLargestShown, kLargestShown);
  switch (facts(signal).unit) {
    case Unit::duration:
      return format_duration(std::chrono::milliseconds(static_cast<std::int64_t>(std::round(value * 1000))));
    case Unit::ratio:
      return format_ratio(value);
    case Unit::rate:
      return format_rate(value);
    case Unit::flag:
      return value != 0 ? "true" : "false";
    case Unit::number:
    case Unit::share:
      break;
  }
  return format_number(value);
}

}  // namespace mw
