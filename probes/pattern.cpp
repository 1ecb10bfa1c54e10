// The only file that knows RE2.
#include "probes/pattern.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>

namespace mw {

namespace {

RE2::Options quiet() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  return options;
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

/// The group's name at the beginning of what follows a dollar, and how many bytes spell it; 0 = none does.
std::pair<std::string_view, std::size_t> group_name(std::string_view text) {
  const bool braced = text.starts_with('{');
  const std::string_view rest = text.substr(braced ? 1 : 0);
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_word);
  const auto length = static_cast<std::size_t>(end - rest.begin());
  if (length == 0 || (braced && !rest.substr(length).starts_with('}'))) return {{}, 0};
  return {rest.substr(0, length), length + (braced ? 2 : 0)};
}

std::string group(const Caught& caught, std::string_view name) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  if (error == std::errc{} && end == name.data() + name.size())
    return index < caught.groups.size() ? caught.groups[index] : std::string();
  for (const auto& [known, number] : caught.names)
    if (known == name && number < caught.groups.size()) return caught.groups[number];
  return {};
}

}  // namespace

std::optional<std::string> regex_error(std::string_view pattern) {
  const RE2 compiled(piece(pattern), quiet());
  if (compiled.ok()) return std::nullopt;
  return compiled.error();
}

bool regex_matches(std::string_view text, std::string_view pattern) {
  const RE2 compiled(piece(pattern), quiet());
  return compiled.ok() && RE2::PartialMatch(piece(text), compiled);
}

Regex::Regex(std::string_view pattern) : compiled_(std::make_shared<const RE2>(piece(pattern), quiet())) {}

bool Regex::matches_whole(std::string_view text) const {
  return compiled_->ok() && RE2::FullMatch(piece(text), *compiled_);
}

bool Regex::matches(std::string_view text) const {
  return compiled_->ok() && RE2::PartialMatch(piece(text), *compiled_);
}

const std::string& Regex::pattern() const { return compiled_->pattern(); }

std::optional<Caught> Regex::find(std::string_view text) const {
  if (!compiled_->ok()) return std::nullopt;
  std::vector<re2::StringPiece> pieces(static_cast<std::size_t>(compiled_->NumberOfCapturingGroups()) + 1);
  const bool found =
      compiled_->Match(piece(text), 0, text.size(), RE2::UNANCHORED, pieces.data(), static_cast<int>(pieces.size()));
  if (!found) return std::nullopt;
  Caught caught;
  for (const re2::StringPiece& each : pieces) caught.groups.emplace_back(each.data(), each.size());
  for (const auto& [name, number] : compiled_->NamedCapturingGroups())
    caught.names.emplace_back(name, static_cast<std::size_t>(number));
  return caught;
}

std::string Caught::expand(std::string_view text) const {
  std::string out;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    const auto [name, length] = group_name(text);
    if (length > 0)
      out += group(*this, name);
    else
      out += '$';
    text.remove_prefix(length > 0 ? length : (text.starts_with('$') ? 1 : 0));
  }
  return out;
}

}  // namespace mw
