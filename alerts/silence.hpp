// Silences: for a while nobody is told of alerts with certain labels; and acknowledgements: somebody has seen to one.
// Pure. Times come in as arguments.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "alerts/engine.hpp"

namespace mw {

/// What a label must be, as Alertmanager has it; a label that is not there is "".
struct Matcher {
  std::string name;
  std::string value;
  bool is_regex = false;  ///< RE2 syntax; must match the whole label
  bool is_equal = true;   ///< false: must not be or match
  bool operator==(const Matcher&) const = default;
};
/// mirror="a", mirror!="a", mirror=~"a.*" or mirror!~"a.*"; the quotes may be left out. Else what is wrong with it.
std::variant<Matcher, std::string> parse_matcher(std::string_view text);
std::string to_string(const Matcher&);
/// Why it cannot be used; nothing if it can.
std::optional<std::string> trouble_with(const Matcher&);
bool all_match(const std::vector<Matcher>&, const std::map<std::string, std::string>& labels);

struct Silence {
  std::string id;
  std::vector<Matcher> matchers;  ///< all must match; at least one
  SysTime starts_at{};
  SysTime ends_at{};
  std::string created_by;
  std::string comment;  ///< why
  SteadyTime starts{};  ///< what counts: a wall clock that jumps ends no silence early, and makes none eternal
  SteadyTime ends{};
  bool in_force(SteadyTime now) const { return starts <= now && now < ends; }
};
struct NotLaid {
  std::string why;
};
/// By id.
using Silences = std::map<std::string, Silence>;

/// Why it cannot be laid: no matcher, one that is wrong or matches everything, no reason, over before it begins, longer
/// than a year, …
std::optional<std::string> trouble_with(const Silence&, SysTime now);
/// With its monotonic times, reckoned from the wall clock of now.
Silence timed(Silence, Instant now);
/// Those that ended more than a day ago are forgotten.
void forget_ended(Silences&, SteadyTime now);

/// Every alert's `silenced_by`: the id of the silence that ends last, else the name of a window, else nothing.
/// `windows` are the maintenance windows in force.
struct Hush {
  std::string name;
  const std::vector<Matcher>* matchers = nullptr;
};
void silence(Alerts&, const Silences&, const std::vector<Hush>& windows, SteadyTime now);

/// Marks what fires and matches; it is not reminded of any more, until it is over. How many there were.
std::size_t acknowledge(Alerts&, const std::vector<Matcher>&, const Acknowledgement&);

}  // namespace mw
