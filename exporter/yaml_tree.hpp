// A YAML text as plain nodes that know their line and column; anchors, aliases and merge keys (<<) are resolved. The
// only door to the YAML library; knows nothing of what the keys mean.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "exporter/position.hpp"

namespace mw {

inline constexpr std::size_t kYamlLimit = std::size_t{1} << 20;  ///< bytes of text
inline constexpr std::size_t kYamlDepth = 32;                    ///< of nodes in nodes
inline constexpr std::size_t kYamlNodes = 20'000;                ///< aliases count as what they stand for

struct YamlMember;

/// One value. Which of the vectors holds it follows from `kind`.
struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, sequence, map };
  Kind kind = Kind::null;
  Position at;
  std::string text;                 ///< of a scalar
  bool quoted = false;              ///< a scalar that is text, whatever it looks like
  std::vector<YamlNode> items;      ///< of a sequence
  std::vector<YamlMember> members;  ///< of a map, in the order of the text; each key once

  /// Nullptr if there is no such key, or this is no map.
  const YamlNode* find(std::string_view key) const;
};

struct YamlMember {
  std::string key;
  Position at;  ///< of the key
  YamlNode value;
};

/// "nothing", "a value", "a list", "a table".
std::string_view describe(YamlNode::Kind);

struct YamlError {
  Position at;
  std::string what;
};

/// The one document of the text (null if there is none), or the first thing that keeps it from being one.
std::variant<YamlNode, YamlError> parse_yaml(const std::string& text);

}  // namespace mw
