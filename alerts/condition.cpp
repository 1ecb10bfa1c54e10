// The condition language: `SIGNAL[WINDOW] OP NUMBER UNIT`. Reads it, writes it, measures it. Pure.
#include <charconv>
#include <cmath>

#include "alerts/rule.hpp"
#include "probes/duration.hpp"

namespace mw {

namespace {

constexpr Signal kSignals[] = {Signal::sync_lag, Signal::error_ratio, Signal::metadata_expires_in,
                               Signal::cert_expires_in};

bool is_space(char c) { return c == ' ' || c == '\t'; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

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
};

std::optional<Signal> find_signal(std::string_view word) {
  for (const Signal signal : kSignals)
    if (name(signal) == word) return signal;
  return std::nullopt;
}

std::string signal_list() {
  std::string list;
  for (const Signal signal : kSignals) list += (list.empty() ? "" : ", ") + std::string(name(signal));
  return list;
}

std::optional<Comparison> take_comparison(Reader& reader) {
  if (reader.take(">=")) return Comparison::at_least;
  if (reader.take("<=")) return Comparison::at_most;
  if (reader.take(">")) return Comparison::above;
  if (reader.take("<")) return Comparison::below;
  return std::nullopt;
}

/// A ratio is "50%" or "0.5"; anything else is a duration such as "6h".
std::optional<double> read_threshold(Signal signal, std::string_view text) {
  if (signal != Signal::error_ratio) {
    const bool negative = text.starts_with('-');
    const auto duration = parse_duration(negative ? text.substr(1) : text);
    if (!duration) return std::nullopt;
    return negative ? -seconds(*duration) : seconds(*duration);
  }
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  if (percent) value /= 100;
  if (value < 0 || value > 1) return std::nullopt;
  return value;
}

std::optional<ConditionError> read_window(Reader& reader, Condition& condition) {
  if (!reader.take("[")) return std::nullopt;
  if (condition.signal != Signal::error_ratio)
    return ConditionError{reader.at - 1, "only error_ratio takes a [window]"};
  const std::size_t start = reader.at;
  const auto window = parse_duration(reader.take_while([](char c) { return c != ']'; }));
  if (!window || window->count() <= 0 || *window > std::chrono::hours(1))
    return ConditionError{start, "expected a window of up to 1h such as 5m"};
  if (!reader.take("]")) return ConditionError{reader.at, "expected ']' after the window"};
  condition.window = *window;
  return std::nullopt;
}

std::optional<ConditionError> read_comparison(Reader& reader, Condition& condition) {
  reader.skip_spaces();
  const auto comparison = take_comparison(reader);
  if (!comparison) return ConditionError{reader.at, "expected one of > >= < <="};
  condition.comparison = *comparison;
  reader.skip_spaces();
  std::string_view rest = reader.text.substr(reader.at);
  while (!rest.empty() && is_space(rest.back())) rest.remove_suffix(1);
  const auto threshold = read_threshold(condition.signal, rest);
  const bool ratio = condition.signal == Signal::error_ratio;
  if (!threshold)
    return ConditionError{reader.at, ratio ? "expected a ratio such as 50% or 0.5" : "expected a duration such as 6h"};
  condition.threshold = *threshold;
  return std::nullopt;
}

std::optional<double> seconds_until(const std::optional<SysTime>& then, SysTime now) {
  if (!then) return std::nullopt;
  return seconds(*then - now);
}

/// The newest fact of its kind: what was shown last, else what was shown when the check last succeeded.
template <class T>
std::optional<T> fact(const MirrorView& view, CheckKind kind, std::optional<T> (*read)(const Finding&)) {
  const auto found = view.checks.find(kind);
  if (found == view.checks.end()) return std::nullopt;
  if (found->second.last)
    if (auto value = read(*found->second.last)) return value;
  return found->second.last_good ? read(*found->second.last_good) : std::nullopt;
}

std::optional<double> signal_value(const Condition& condition, const MirrorView& view, SysTime now) {
  switch (condition.signal) {
    case Signal::sync_lag:
      return view.lag.known && view.verdict.state != State::unknown ? std::optional(seconds(view.lag.lower))
                                                                    : std::nullopt;
    case Signal::error_ratio: {
      const ErrorRatio ratio = error_ratio(view, condition.window, now);
      return ratio.known ? std::optional(ratio.value) : std::nullopt;
    }
    case Signal::metadata_expires_in:
      return seconds_until(fact<SysTime>(view, CheckKind::freshness, [](const Finding& f) { return f.valid_until; }),
                           now);
    case Signal::cert_expires_in:
      return seconds_until(
          fact<SysTime>(view, CheckKind::tls,
                        [](const Finding& f) { return f.certificate ? f.certificate->chain_not_after : std::nullopt; }),
          now);
  }
  return std::nullopt;
}

bool holds(Comparison comparison, double value, double threshold) {
  switch (comparison) {
    case Comparison::above:
      return value > threshold;
    case Comparison::at_least:
      return value >= threshold;
    case Comparison::below:
      return value < threshold;
    case Comparison::at_most:
      return value <= threshold;
  }
  return false;
}

std::string_view symbol(Comparison comparison) {
  constexpr std::string_view kSymbols[] = {">", ">=", "<", "<="};
  return kSymbols[static_cast<std::size_t>(comparison)];
}

std::string format_ratio(double value) {
  std::string text(32, '\0');
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), std::round(value * 1e6) / 1e4);
  text.resize(error == std::errc{} ? static_cast<std::size_t>(end - text.data()) : 0);
  return text + "%";
}

}  // namespace

std::variant<Condition, ConditionError> parse_condition(std::string_view text) {
  Reader reader{text};
  reader.skip_spaces();
  const std::size_t start = reader.at;
  const auto signal = find_signal(reader.take_while(is_word));
  if (!signal) return ConditionError{start, "expected a signal, one of " + signal_list()};
  Condition condition;
  condition.signal = *signal;
  if (auto error = read_window(reader, condition)) return *error;
  if (auto error = read_comparison(reader, condition)) return *error;
  return condition;
}

std::string to_string(const Condition& condition) {
  const bool ratio = condition.signal == Signal::error_ratio;
  std::string text(name(condition.signal));
  if (ratio) text += "[" + format_duration(condition.window) + "]";
  return text + " " + std::string(symbol(condition.comparison)) + " " +
         format_value(condition.signal, condition.threshold);
}

std::string format_value(Signal signal, double value) {
  if (signal == Signal::error_ratio) return format_ratio(value);
  return format_duration(std::chrono::milliseconds(static_cast<std::int64_t>(std::round(value * 1000))));
}

Measured measure(const Condition& condition, const MirrorView& view, SysTime now) {
  const auto value = signal_value(condition, view, now);
  if (!value) return {};
  return {holds(condition.comparison, *value, condition.threshold) ? Truth::yes : Truth::no, *value};
}

}  // namespace mw
