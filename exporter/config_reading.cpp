// What all field tables share: positions, the list of errors, and help with misspelt words. Pure.
#include <algorithm>
#include <numeric>
#include <tuple>

#include "exporter/fields.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::size_t kMostErrors = 1000;
constexpr std::size_t kMostSuggested = 32;

/// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before;
  std::vector<std::size_t> last(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> row(b.size() + 1, i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::exchange(last, std::move(row));
  }
  return last[b.size()];
}

/// More than two edits, or as many as the word has letters, is another word.
std::size_t tolerance(std::string_view a, std::string_view b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  return shorter == 0 || std::max(a.size(), b.size()) > 64 ? 0 : std::min<std::size_t>(2, shorter - 1);
}

std::optional<std::string> closest(std::string_view word, const std::vector<std::string>& known) {
  std::optional<std::string> best;
  std::size_t best_distance = 3;
  for (const std::string& candidate : known) {
    if (candidate.size() > word.size() + 2 || word.size() > candidate.size() + 2) continue;
    if (candidate.size() > 64) continue;
    const std::size_t distance = edit_distance(lower(word), lower(candidate));
    if (distance > tolerance(word, candidate) || distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

std::string parent(std::string path) {
  const auto cut = path.find_last_of(".[");
  path.resize(cut == std::string::npos ? 0 : cut);
  return path;
}

}  // namespace

Position Reading::position(std::string path) const {
  while (!path.empty()) {
    if (const auto found = places_.find(path); found != places_.end()) return found->second;
    path = parent(std::move(path));
  }
  return {1, 1};
}

void Reading::fail_at(Position at, const std::string& path, std::string what) {
  if (errors_.size() == kMostErrors) errors_.push_back({file_, ~0U, 0, "", "too many errors, the rest is left out"});
  if (errors_.size() > kMostErrors) return;
  errors_.push_back({file_, at.line, at.column, path, std::move(what)});
}

std::vector<ConfigError> Reading::errors() const {
  std::vector<ConfigError> sorted = errors_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const ConfigError& a, const ConfigError& b) {
    return std::tie(a.line, a.column, a.path) < std::tie(b.line, b.column, b.path);
  });
  if (sorted.size() > kMostErrors) sorted.back().line = 0;
  return sorted;
}

std::string Spot::path_of(std::string_view key) const {
  const std::string shown = printable(toml_key(key), 80);
  return path.empty() ? shown : path + "." + shown;
}

Spot Spot::item(std::size_t index) const {
  Spot spot{&node->items[index], path + "[" + std::to_string(index) + "]", reading};
  reading->place(spot.path, spot.node->at);
  return spot;
}

Spot Spot::member(const TomlMember& member) const {
  Spot spot{&member.value, path_of(member.key), reading};
  reading->place(spot.path, spot.node->at);
  return spot;
}

bool Spot::is(TomlNode::Kind kind, const std::string& expects) const {
  if (node->kind == kind) return true;
  fail("is " + std::string(describe(node->kind)) + ", expected " + expects);
  return false;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  if (const auto similar = closest(word, known)) return ", did you mean '" + *similar + "'?";
  if (known.empty() || known.size() > kMostSuggested) return "";
  std::string list;
  for (const std::string& candidate : known) list += (list.empty() ? "" : ", ") + candidate;
  return (known.size() == 1 ? ", expected " : ", expected one of ") + list;
}

void unknown_key(const Spot& table, const TomlMember& member, const std::vector<std::string>& known) {
  table.reading->fail_at(member.at, table.path_of(member.key), "unknown key" + suggestion(member.key, known));
}

void missing_key(const Spot& table, std::string_view key, const std::string& expects) {
  table.reading->fail(table.path_of(key), "is missing, expected " + expects);
}

bool is_table_list(const Spot& spot, const std::string& expects, std::size_t most) {
  if (spot.node->kind == TomlNode::Kind::table) {
    spot.fail("is a single table, expected " + expects + ": write its header in double brackets");
    return false;
  }
  if (!spot.is(TomlNode::Kind::array, expects)) return false;
  if (spot.node->items.empty()) spot.fail("is empty, expected at least one table");
  if (spot.node->items.size() > most) spot.fail("has too many tables, expected at most " + std::to_string(most));
  return spot.node->items.size() <= most;
}

}  // namespace mw
