// Lists of names with parameters and weights. An element that cannot be read says nothing; the others still count.
#include "exporter/web/negotiation.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mw {

namespace {

/// In thousandths.
using Weight = std::int32_t;
constexpr Weight kMost = 1000;

struct Choice {
  std::string name;     ///< lower case
  std::string version;  ///< the parameter of that name; empty = none
  Weight weight = kMost;
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const auto first = text.find_first_not_of(kBlank);
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// Cuts off what stands before the next `separator` outside of quotes, or all of it.
std::string_view next(std::string_view& rest, char separator) {
  bool is_quoted = false;
  std::size_t end = 0;
  for (; end < rest.size() && (is_quoted || rest[end] != separator); ++end) {
    if (is_quoted && rest[end] == '\\' && end + 1 < rest.size())
      ++end;
    else if (rest[end] == '"')
      is_quoted = !is_quoted;
  }
  const auto part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trimmed(part);
}

std::string_view unquoted(std::string_view text) {
  const bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

/// RFC 9110, section 12.4.2: 0 to 1 with at most three decimals.
std::optional<Weight> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return {};
  if (text.size() > 1 && text[1] != '.') return {};
  Weight weight = (text[0] - '0') * kMost;
  Weight unit = kMost / 10;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return {};
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return weight <= kMost ? std::optional(weight) : std::nullopt;
}

/// Nothing when the weight cannot be read.
std::optional<Choice> parse_choice(std::string_view element) {
  Choice choice;
  choice.name = lower(next(element, ';'));
  while (!element.empty()) {
    std::string_view parameter = next(element, ';');
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string name = lower(trimmed(parameter.substr(0, equals)));
    const auto value = trimmed(parameter.substr(equals + 1));
    if (name == "version") choice.version = unquoted(value);
    if (name != "q") continue;
    const auto weight = parse_weight(value);
    if (!weight) return {};
    choice.weight = *weight;
  }
  return choice;
}

std::vector<Choice> parse_choices(std::string_view header) {
  std::vector<Choice> out;
  while (!header.empty()) {
    auto choice = parse_choice(next(header, ','));
    if (choice && !choice->name.empty()) out.push_back(std::move(*choice));
  }
  return out;
}

/// Of the most specific element that means this type in this version; of several such, the best.
std::optional<Weight> weight_of(const std::vector<Choice>& choices, std::string_view type, std::string_view version) {
  std::optional<Weight> weight;
  int closest = 0;
  const std::string family = std::string(type.substr(0, type.find('/'))) + "/*";
  for (const Choice& choice : choices) {
    int close = choice.name == type ? 3 : choice.name == family ? 2 : choice.name == "*/*" ? 1 : 0;
    if (close == 3 && !choice.version.empty()) close = choice.version == version ? 4 : 0;
    if (close == 0 || close < closest) continue;
    weight = close > closest ? choice.weight : std::max(*weight, choice.weight);
    closest = close;
  }
  return weight;
}

}  // namespace

Format format_for(std::string_view accept) {
  constexpr std::string_view kOpenMetrics = "application/openmetrics-text";
  auto choices = parse_choices(accept);
  const Weight text = weight_of(choices, "text/plain", "0.0.4").value_or(0);
  std::erase_if(choices, [&](const Choice& choice) { return choice.name != kOpenMetrics; });
  const Weight open_metrics = weight_of(choices, kOpenMetrics, "1.0.0").value_or(0);
  return open_metrics > 0 && open_metrics >= text ? Format::open_metrics : Format::text;
}

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<Weight> gzip;
  std::optional<Weight> any;
  Weight identity = 0;  // unless named, what is left when nothing else is liked
  for (const Choice& choice : parse_choices(accept_encoding)) {
    if (choice.name == "gzip" || choice.name == "x-gzip") gzip = std::max(gzip.value_or(0), choice.weight);
    if (choice.name == "*") any = choice.weight;
    if (choice.name == "identity") identity = choice.weight;
  }
  const Weight weight = gzip.value_or(any.value_or(0));
  return weight > 0 && weight >= identity;
}

}  // namespace mw
