// Text to plain nodes through toml++. What the library is known to take badly (depth, size, odd bytes) is
// refused before it sees the text.
#include "exporter/toml_tree.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <optional>

#include "probes/model.hpp"

namespace mw {

namespace {

/// Walks the text as far as strings and comments go, so that only structure is counted.
class DepthScan {
 public:
  explicit DepthScan(std::string_view text) : text_(text) {}

  std::optional<TomlError> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'')
        skip_string(c);
      else if (c == '#')
        skip_comment();
      else if (auto error = count(c))
        return error;
    }
    return std::nullopt;
  }

 private:
  void advance(std::size_t bytes) {
    for (; bytes > 0 && at_ < text_.size(); --bytes, ++at_) {
      if (text_[at_] != '\n') continue;
      ++line_;
      line_start_ = at_ + 1;
      dots_ = 0;
    }
  }

  void skip_comment() { advance(std::min(text_.find('\n', at_), text_.size()) - at_); }

  /// A one-line string ends at its line's end at the latest: there the library reports it as unclosed.
  void skip_string(char quote) {
    const std::string triple(3, quote);
    const bool multiline = text_.substr(at_).starts_with(triple);
    const std::string end = multiline ? triple : std::string(1, quote);
    advance(end.size());
    while (at_ < text_.size() && !text_.substr(at_).starts_with(end)) {
      if (text_[at_] == '\n' && !multiline) return;
      advance(text_[at_] == '\\' && quote == '"' ? 2 : 1);
    }
    advance(end.size());
    if (!multiline) return;
    for (int i = 0; i < 2 && at_ < text_.size() && text_[at_] == quote; ++i) advance(1);  // """x""" may end in 5
  }

  std::optional<TomlError> count(char c) {
    if (c == '.') ++dots_;
    if (c == '[' || c == '{') ++open_;
    if ((c == ']' || c == '}') && open_ > 0) --open_;
    const Position here{line_, static_cast<unsigned>(at_ - line_start_ + 1)};
    const std::string most = std::to_string(kTomlDepth);
    if (dots_ > kTomlDepth) return TomlError{here, "too many dots on one line, expected at most " + most};
    if (open_ > kTomlDepth) return TomlError{here, "nested too deeply, expected at most " + most + " levels"};
    advance(1);
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  unsigned line_ = 1;
  int dots_ = 0;
  int open_ = 0;
};

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

Position position_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::string_view line = before.substr(before.rfind('\n') + 1);  // npos + 1 is 0
  return {static_cast<unsigned>(lines + 1), static_cast<unsigned>(characters(line) + 1)};
}

std::optional<TomlError> refuse_bytes(std::string_view text) {
  if (text.size() > kTomlLimit)
    return TomlError{{}, "larger than 1 MiB, expected at most " + std::to_string(kTomlLimit) + " bytes"};
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return TomlError{{1, 1}, "looks like UTF-16, expected UTF-8"};
  if (text.starts_with("\xEF\xBB\xBF"))
    return TomlError{{1, 1}, "starts with a byte order mark, expected UTF-8 without one"};
  if (const auto nul = text.find('\0'); nul != std::string_view::npos)
    return TomlError{position_of(text, nul), "NUL byte, expected text"};
  return DepthScan(text).run();
}

Position position(const toml::source_region& source) { return {source.begin.line, source.begin.column}; }

TomlNode convert(const toml::node& node);

void convert_table(const toml::table& table, TomlNode& into) {
  for (const auto& [key, value] : table)
    into.members.push_back({std::string(key.str()), position(key.source()), convert(value)});
  std::stable_sort(into.members.begin(), into.members.end(),
                   [](const TomlMember& a, const TomlMember& b) { return a.at < b.at; });
}

TomlNode::Kind kind_of(toml::node_type type) {
  switch (type) {
    case toml::node_type::table:
      return TomlNode::Kind::table;
    case toml::node_type::array:
      return TomlNode::Kind::array;
    case toml::node_type::string:
      return TomlNode::Kind::string;
    case toml::node_type::integer:
      return TomlNode::Kind::integer;
    case toml::node_type::floating_point:
      return TomlNode::Kind::real;
    case toml::node_type::boolean:
      return TomlNode::Kind::boolean;
    default:
      return TomlNode::Kind::date;
  }
}

/// Recursion is bounded: refuse_bytes() has seen how deep the text goes.
TomlNode convert(const toml::node& node) {
  TomlNode out;
  out.kind = kind_of(node.type());
  out.at = position(node.source());
  if (const auto* table = node.as_table()) convert_table(*table, out);
  if (const auto* array = node.as_array())
    for (const toml::node& item : *array) out.items.push_back(convert(item));
  if (const auto* text = node.as_string()) out.text = text->get();
  if (const auto* integer = node.as_integer()) out.integer = integer->get();
  if (const auto* boolean = node.as_boolean()) out.boolean = boolean->get();
  return out;
}

std::string_view line_of(std::string_view text, unsigned line) {
  for (; line > 1; --line) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, text.find('\n'));
}

/// What people mean when the library says something else. Empty if its own words do.
std::string plain_words(std::string_view description, bool at_line_end) {
  const auto says = [&](std::string_view words) { return description.find(words) != std::string_view::npos; };
  if (says("utf-8")) return "not valid UTF-8";
  if (says("unescaped control characters") && at_line_end) return "the string is not closed on its line";
  if (says("parsing decimal integer: expected digit")) return "not a number; text and durations stand in quotes";
  if (says("could not determine value type")) return "not a value; text stands in quotes";
  return "";
}

/// "Error while parsing table header: …" becomes "syntax error in table header: …".
std::string syntax_error(std::string_view description, bool at_line_end) {
  const std::string plain = plain_words(description, at_line_end);
  if (!plain.empty()) return "syntax error: " + plain;
  constexpr std::string_view kPrefix = "Error while parsing ";
  if (!description.starts_with(kPrefix)) return "syntax error: " + printable(description);
  return "syntax error in " + printable(description.substr(kPrefix.size()));
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kHex[byte >> 4U];
  out += kHex[byte & 15U];
}

}  // namespace

const TomlNode* TomlNode::find(std::string_view key) const {
  for (const TomlMember& member : members)
    if (member.key == key) return &member.value;
  return nullptr;
}

std::string_view describe(TomlNode::Kind kind) {
  constexpr std::array kNames = {"a string", "an integer", "a floating-point number", "a boolean", "a date or time",
                                 "an array", "a table"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::variant<TomlNode, TomlError> parse_toml(std::string_view text) {
  if (auto refused = refuse_bytes(text)) return *refused;
  try {
    return convert(toml::parse(text));
  } catch (const toml::parse_error& error) {
    const Position at = position(error.source());
    return TomlError{at, syntax_error(error.description(), at.column > characters(line_of(text, at.line)))};
  }
}

std::string quote_toml(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += std::string("\\") + c;
    else if (c == '\n')
      out += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      append_escaped(out, c);
    else
      out += c;
  }
  return out + "\"";
}

std::string toml_key(std::string_view key) {
  const auto is_bare = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), is_bare);
  return bare ? std::string(key) : quote_toml(key);
}

}  // namespace mw
