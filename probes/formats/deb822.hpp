// Reader of "Name: value" paragraphs as in Release and Packages files (deb-control(5)), with caps for hostile ones.
// Pure: views into the caller's text, nothing is copied.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mw {

struct Field {
  std::string_view name;
  std::string_view value;  ///< blanks around it cut; continuation lines inside it, with their leading blank
};

using Paragraph = std::vector<Field>;

inline constexpr std::size_t kMaxFields = 256;     ///< in one paragraph
inline constexpr std::size_t kMaxFieldName = 128;  ///< bytes

/// Nothing when it has no field of that name (names are compared without regard to case).
std::optional<std::string_view> field(const Paragraph&, std::string_view name);

/// Cuts the next paragraph off `rest`; an empty one means the end. The error says what is wrong with it: a line
/// that is neither field nor continuation, a field named twice, NUL bytes, more than the caps.
std::variant<Paragraph, std::string> take_paragraph(std::string_view& rest);

}  // namespace mw
