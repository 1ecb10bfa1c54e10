// A TOML text as plain nodes that know their line and column. The only door to the TOML library; knows nothing
// of what the keys mean.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "exporter/position.hpp"

namespace mw {

inline constexpr std::size_t kTomlLimit = std::size_t{1} << 20;  ///< bytes of text
inline constexpr int kTomlDepth = 32;  ///< dots on one line, or brackets open at once: each costs stack

struct TomlMember;

/// One value. Which of the vectors and scalars holds it follows from `kind`.
struct TomlNode {
  enum class Kind : std::uint8_t { string, integer, real, boolean, date, array, table };
  Kind kind = Kind::table;
  Position at;
  std::string text;  ///< of a string
  std::int64_t integer = 0;
  bool boolean = false;
  std::vector<TomlNode> items;      ///< of an array
  std::vector<TomlMember> members;  ///< of a table, in the order of the text

  /// Nullptr if there is no such key, or this is no table.
  const TomlNode* find(std::string_view key) const;
};

struct TomlMember {
  std::string key;
  Position at;  ///< of the key
  TomlNode value;
};

/// "a string", "an integer", …
std::string_view describe(TomlNode::Kind);

struct TomlError {
  Position at;
  std::string what;
};

/// The whole text as a table, or the first thing that keeps it from being one.
std::variant<TomlNode, TomlError> parse_toml(std::string_view text);

/// As a TOML basic string, quotes included.
std::string quote_toml(std::string_view text);

/// As a key: bare if it can be, quoted otherwise.
std::string toml_key(std::string_view key);

}  // namespace mw
