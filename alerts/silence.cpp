// Matching labels, and what follows from it.
#include "alerts/silence.hpp"

#include <algorithm>

#include "probes/formats/text.hpp"
#include "probes/pattern.hpp"

namespace mw {

namespace {

constexpr std::size_t kMostMatchers = 32;
constexpr std::size_t kLongestText = 1024;
constexpr Duration kLongestSilence = std::chrono::hours(366 * 24);
constexpr Duration kRemembered = std::chrono::hours(24);

std::string_view unquoted(std::string_view text) {
  const bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

bool is_label_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name.size() <= 128 && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), fits);
}

/// Matchers with their patterns compiled: ten thousand alerts are asked about.
class LabelTest {
 public:
  explicit LabelTest(const std::vector<Matcher>& matchers) {
    for (const Matcher& matcher : matchers)
      parts_.push_back({&matcher, matcher.is_regex ? std::optional<Regex>(matcher.value) : std::nullopt});
  }

  bool passes(const std::map<std::string, std::string>& labels) const {
    static const std::string none;
    return std::all_of(parts_.begin(), parts_.end(), [&](const Part& part) {
      const auto found = labels.find(part.matcher->name);
      return matches(part, found == labels.end() ? none : found->second);
    });
  }

 private:
  struct Part {
    const Matcher* matcher;
    std::optional<Regex> regex;
  };
  static bool matches(const Part& part, const std::string& value) {
    const bool same = part.regex ? part.regex->matches_whole(value) : value == part.matcher->value;
    return same == part.matcher->is_equal;
  }

  std::vector<Part> parts_;
};

/// What is in force now: silences, the one that ends last first, then windows.
struct InForce {
  const std::string* name;
  LabelTest test;
};

std::vector<InForce> in_force(const Silences& silences, const std::vector<Hush>& windows, SteadyTime now) {
  std::vector<const Silence*> laid;
  for (const auto& [id, each] : silences)
    if (each.in_force(now)) laid.push_back(&each);
  std::stable_sort(laid.begin(), laid.end(), [](const auto* a, const auto* b) { return a->ends > b->ends; });
  std::vector<InForce> all;
  for (const Silence* each : laid) all.push_back({&each->id, LabelTest(each->matchers)});
  for (const Hush& window : windows) all.push_back({&window.name, LabelTest(*window.matchers)});
  return all;
}

}  // namespace

std::variant<Matcher, std::string> parse_matcher(std::string_view text) {
  const auto at = text.find_first_of("=!");
  const std::string_view sign = at == std::string_view::npos ? "" : text.substr(at, 2);
  const bool is_short = sign.starts_with('=') && sign != "=~";
  if (!is_short && sign != "=~" && sign != "!=" && sign != "!~")
    return "is no matcher, expected one like mirror=\"a\", mirror!=\"a\", mirror=~\"a.*\" or mirror!~\"a.*\"";
  Matcher matcher;
  matcher.name = trim(text.substr(0, at));
  matcher.value = unquoted(trim(text.substr(at + (is_short ? 1 : 2))));
  matcher.is_regex = sign.ends_with('~');
  matcher.is_equal = sign[0] == '=';
  if (auto trouble = trouble_with(matcher)) return *trouble;
  return matcher;
}

std::string to_string(const Matcher& matcher) {
  const char* sign = matcher.is_regex ? (matcher.is_equal ? "=~" : "!~") : (matcher.is_equal ? "=" : "!=");
  return matcher.name + sign + '"' + matcher.value + '"';
}

std::optional<std::string> trouble_with(const Matcher& matcher) {
  if (!is_label_name(matcher.name)) return "does not begin with a label's name (letters, digits and _)";
  if (matcher.value.size() > kLongestText) return "is too long, expected at most 1024 bytes";
  if (!matcher.is_regex) return std::nullopt;
  const auto error = regex_error(matcher.value);
  return error ? std::optional("is no regular expression: " + *error) : std::nullopt;
}

bool all_match(const std::vector<Matcher>& matchers, const std::map<std::string, std::string>& labels) {
  return LabelTest(matchers).passes(labels);
}

std::optional<std::string> trouble_with(const Silence& wanted, SysTime now) {
  if (wanted.matchers.empty()) return "has no matchers: name the alerts it is for";
  if (wanted.matchers.size() > kMostMatchers) return "has more than 32 matchers";
  for (const Matcher& matcher : wanted.matchers)
    if (auto trouble = trouble_with(matcher)) return "a matcher " + *trouble;
  if (all_match(wanted.matchers, {}))
    return "would silence everything: at least one matcher must not match an empty label";
  if (wanted.ends_at <= now || wanted.ends_at <= wanted.starts_at) return "ends before it begins, or in the past";
  if (wanted.ends_at - std::max(wanted.starts_at, now) > kLongestSilence) return "is longer than a year";
  if (wanted.created_by.empty() || wanted.comment.empty()) return "says not by whom (createdBy) or why (comment)";
  if (std::max(wanted.created_by.size(), wanted.comment.size()) > kLongestText)
    return "says by whom or why in more than 1024 bytes";
  return std::nullopt;
}

Silence timed(Silence laid, Instant now) {
  laid.starts = now.steady + (laid.starts_at - now.wall);
  laid.ends = now.steady + (laid.ends_at - now.wall);
  return laid;
}

void forget_ended(Silences& silences, SteadyTime now) {
  std::erase_if(silences, [&](const auto& entry) { return now - entry.second.ends > kRemembered; });
}

void silence(Alerts& alerts, const Silences& silences, const std::vector<Hush>& windows, SteadyTime now) {
  const std::vector<InForce> all = in_force(silences, windows, now);
  for (auto& [key, alert] : alerts) {
    const auto first =
        std::find_if(all.begin(), all.end(), [&](const InForce& each) { return each.test.passes(alert.labels); });
    alert.silenced_by = first == all.end() ? std::string() : *first->name;
  }
}

std::size_t acknowledge(Alerts& alerts, const std::vector<Matcher>& matchers, const Acknowledgement& by) {
  const LabelTest test(matchers);
  std::size_t count = 0;
  for (auto& [key, alert] : alerts) {
    if (alert.phase != Phase::firing || !test.passes(alert.labels)) continue;
    alert.acknowledged = by;
    ++count;
  }
  return count;
}

}  // namespace mw
