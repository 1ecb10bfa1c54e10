// Checks of rules that no single key can make: names that are not there, rings of inhibition. Pure.
#include <algorithm>

#include "exporter/config_forms.hpp"
#include "exporter/config_tables.hpp"

namespace mw {

namespace {

using Names = std::vector<std::string>;

std::string indexed(const std::string& path, std::size_t index) { return path + "[" + std::to_string(index) + "]"; }

/// What a rule's list of names refers to.
struct Referred {
  std::string what;
  Names known;
};

/// Empty names are those that could not be read.
void check_names(const Names& names, const std::string& path, const Referred& referred, Reading& reading) {
  const Names& known = referred.known;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty() || std::find(known.begin(), known.end(), names[i]) != known.end()) continue;
    const std::string hint = known.empty() ? ", expected one that is configured" : suggestion(names[i], known);
    reading.fail(indexed(path, i), "no " + referred.what + " is called '" + printable(names[i], 64) + "'" + hint);
  }
}

template <class T>
Names names_of(const std::vector<T>& entries) {
  Names names;
  for (const T& entry : entries)
    if (!entry.name.empty()) names.push_back(entry.name);
  return names;
}

// ---- inhibition ---------------------------------------------------------------------------------------------

/// Depth first; an edge to a rule on the way to here closes a ring.
class RingSearch {
 public:
  RingSearch(const std::vector<Rule>& rules, Reading& reading) : rules_(rules), reading_(reading) {
    for (std::size_t i = 0; i < rules.size(); ++i) index_.emplace(rules[i].name, i);
    colour_.resize(rules.size());
  }

  void run() {
    for (std::size_t i = 0; i < rules_.size(); ++i)
      if (colour_[i] == Colour::fresh) visit(i);
  }

 private:
  enum class Colour : std::uint8_t { fresh, on_the_way, done };

  /// Recursion is bounded by the number of rules.
  void visit(std::size_t rule) {
    colour_[rule] = Colour::on_the_way;
    way_.push_back(rule);
    const Names& edges = rules_[rule].inhibited_by;
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const auto next = index_.find(edges[i]);
      if (next == index_.end()) continue;
      if (colour_[next->second] == Colour::on_the_way) report(next->second, {rule, i});
      if (colour_[next->second] == Colour::fresh) visit(next->second);
    }
    way_.pop_back();
    colour_[rule] = Colour::done;
  }

  void report(std::size_t start, std::pair<std::size_t, std::size_t> edge) {
    const std::string path = indexed(indexed("alert", edge.first) + ".inhibited_by", edge.second);
    if (start == edge.first) return reading_.fail(path, "is the rule itself, expected another one");
    std::string ring;
    for (auto at = std::find(way_.begin(), way_.end(), start); at != way_.end(); ++at)
      ring += printable(rules_[*at].name, 64) + " <- ";
    reading_.fail(path, "closes a ring (" + ring + printable(rules_[start].name, 64) + "), expected none");
  }

  const std::vector<Rule>& rules_;
  Reading& reading_;
  std::map<std::string, std::size_t> index_;
  std::vector<Colour> colour_;
  std::vector<std::size_t> way_;
};

}  // namespace

void check_rules(const Draft& draft, Reading& reading) {
  const Referred pools{"pool", names_of(draft.pools)};
  const Referred receivers{"receiver", names_of(draft.receivers)};
  const Referred rules{"alert", names_of(draft.rules)};
  std::map<std::string, std::string> seen;
  for (std::size_t i = 0; i < draft.rules.size(); ++i) {
    const Rule& rule = draft.rules[i];
    const std::string path = indexed("alert", i);
    check_name(rule.name, path + ".name", seen, reading);
    check_names(rule.pools, path + ".pools", pools, reading);
    check_names(rule.notify, path + ".notify", receivers, reading);
    check_names(rule.inhibited_by, path + ".inhibited_by", rules, reading);
  }
  RingSearch(draft.rules, reading).run();
}

}  // namespace mw
