// deb822 paragraphs, line by line.
#include "probes/formats/deb822.hpp"

#include <algorithm>

#include "probes/formats/text.hpp"

namespace mw {

namespace {

bool is_blank(std::string_view line) { return trim(line).empty(); }
bool is_continuation(std::string_view line) { return line.starts_with(' ') || line.starts_with('\t'); }

/// Printable ASCII without space and colon, not starting like a comment or a dash (deb-control(5)).
bool is_field_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxFieldName || name.front() == '#' || name.front() == '-') return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f' && c != ':'; });
}

/// What is wrong with the line, empty if it was taken in.
std::string take_in(Paragraph& paragraph, std::string_view line) {
  if (line.find('\0') != std::string_view::npos) return "holds a NUL byte";
  if (is_continuation(line)) {
    if (paragraph.empty()) return "starts with a continuation line";
    std::string_view& value = paragraph.back().value;
    value = {value.data(), static_cast<std::size_t>(line.data() + line.size() - value.data())};
    return {};
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_field_name(line.substr(0, colon))) return "holds a line that is no field";
  if (field(paragraph, line.substr(0, colon)))
    return "names the field " + std::string(line.substr(0, colon)) + " twice";
  if (paragraph.size() == kMaxFields) return "has more than " + std::to_string(kMaxFields) + " fields";
  paragraph.push_back({line.substr(0, colon), line.substr(colon + 1)});
  return {};
}

}  // namespace

std::optional<std::string_view> field(const Paragraph& paragraph, std::string_view name) {
  for (const Field& candidate : paragraph)
    if (equal_ignoring_case(candidate.name, name)) return candidate.value;
  return std::nullopt;
}

std::variant<Paragraph, std::string> take_paragraph(std::string_view& rest) {
  Paragraph paragraph;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (is_blank(line)) {
      if (paragraph.empty()) continue;
      break;
    }
    const std::string trouble = take_in(paragraph, line);
    if (!trouble.empty()) return trouble;
  }
  for (Field& one : paragraph) one.value = trim(one.value);
  return paragraph;
}

}  // namespace mw
