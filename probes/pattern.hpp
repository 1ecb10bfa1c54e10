// Regular expressions in linear time (RE2 syntax), so that a hostile body cannot make matching explode.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace re2 {
class RE2;
}

namespace mw {

/// Why `pattern` is not a valid RE2 expression; nothing if it is.
std::optional<std::string> regex_error(std::string_view pattern);

/// Whether `pattern` matches anywhere in `text`. A pattern that regex_error() refuses matches nothing.
bool regex_matches(std::string_view text, std::string_view pattern);

/// What a pattern caught.
struct Caught {
  std::vector<std::string> groups;                         ///< the whole match first; of a group that took no part: ""
  std::vector<std::pair<std::string, std::size_t>> names;  ///< of named groups

  /// `text` with $1, ${1}, $name and ${name} replaced, $$ by a dollar; unknown groups by nothing.
  std::string expand(std::string_view text) const;
};

/// A pattern that many texts are held against. One that regex_error() refuses matches nothing.
class Regex {
 public:
  explicit Regex(std::string_view pattern);
  bool matches_whole(std::string_view text) const;
  bool matches(std::string_view text) const;
  std::optional<Caught> find(std::string_view text) const;
  const std::string& pattern() const;
  bool operator==(const Regex& other) const { return pattern() == other.pattern(); }

 private:
  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace mw
