// First our own look over all tags, which bounds what the document may cost, then pugixml.
#include "probes/formats/xml.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <pugixml.hpp>

#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Goes over every tag once: one root, tags that open and close, nothing outside, no declaration, limits.
/// Whether names match is left to pugixml.
class TagScan {
 public:
  explicit TagScan(std::string_view document) : rest_(document) {}

  std::optional<XmlTrouble> trouble() {
    while (true) {
      const std::size_t tag = rest_.find('<');
      if (depth_ == 0 && !trim(rest_.substr(0, tag)).empty()) return XmlTrouble::malformed;
      if (tag == std::string_view::npos) break;
      rest_.remove_prefix(tag);
      if (auto found = piece()) return found;
      if (pieces_ > kXmlPieceLimit) return XmlTrouble::too_large;
    }
    if (depth_ > 0 || !root_seen_) return XmlTrouble::malformed;
    return std::nullopt;
  }

 private:
  using Outcome = std::optional<XmlTrouble>;

  Outcome piece() {
    ++pieces_;
    if (rest_.starts_with("<!--")) return skip(4, "-->");
    if (rest_.starts_with("<?")) return skip(2, "?>");
    if (rest_.starts_with("<![CDATA[")) return depth_ == 0 ? XmlTrouble::malformed : skip(9, "]]>");
    if (rest_.starts_with("<!")) return XmlTrouble::declaration;
    if (rest_.starts_with("</")) return end_tag();
    return start_tag();
  }

  Outcome skip(std::size_t head, std::string_view end) {
    const std::size_t at = rest_.find(end, head);
    if (at == std::string_view::npos) return XmlTrouble::malformed;
    rest_.remove_prefix(at + end.size());
    return std::nullopt;
  }

  Outcome end_tag() {
    if (depth_ == 0) return XmlTrouble::malformed;
    --depth_;
    return skip(2, ">");
  }

  Outcome start_tag() {
    if (depth_ == 0 && root_seen_) return XmlTrouble::malformed;
    const std::size_t end = end_of_tag();
    if (end == std::string_view::npos) return XmlTrouble::malformed;
    root_seen_ = true;
    if (rest_[end - 1] != '/') ++depth_;
    rest_.remove_prefix(end + 1);
    if (depth_ > kXmlDepthLimit) return XmlTrouble::too_deep;
    return std::nullopt;
  }

  /// Where its '>' is, the one that no quotes enclose. Counts the attributes in passing.
  std::size_t end_of_tag() {
    char quote = '\0';
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (quote != '\0') {
        if (c == quote) quote = '\0';
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        return i;
      } else if (c == '<') {
        return std::string_view::npos;
      }
      if (quote == '\0' && c == '=') ++pieces_;
    }
    return std::string_view::npos;
  }

  std::string_view rest_;
  std::size_t depth_ = 0;
  std::size_t pieces_ = 0;
  bool root_seen_ = false;
};

std::string_view take_step(std::string_view& path) {
  const std::size_t end = std::min(path.find('/', 1), path.size());
  const std::string_view step = path.substr(1, end - 1);
  path.remove_prefix(end);
  return step;
}

using OneElement = std::variant<pugi::xml_node, XmlTrouble>;

OneElement only_child(const pugi::xml_node& parent, std::string_view wanted) {
  pugi::xml_node found;
  for (const pugi::xml_node& child : parent.children()) {
    if (child.type() != pugi::node_element || wanted != child.name()) continue;
    if (found) return XmlTrouble::ambiguous;
    found = child;
  }
  if (!found) return XmlTrouble::absent;
  return found;
}

OneElement element_at(const pugi::xml_document& document, std::string_view path) {
  pugi::xml_node at = document;
  while (!path.empty()) {
    const OneElement next = only_child(at, take_step(path));
    if (std::holds_alternative<XmlTrouble>(next)) return next;
    at = std::get<pugi::xml_node>(next);
  }
  return at;
}

std::variant<std::string, XmlTrouble> text_of(const pugi::xml_node& element) {
  std::string text;
  for (const pugi::xml_node& child : element.children()) {
    if (child.type() == pugi::node_element) return XmlTrouble::not_text;
    text += child.value();
  }
  return text;
}

constexpr unsigned kReading = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol;

}  // namespace

std::string_view name(XmlTrouble trouble) {
  constexpr std::array<std::string_view, 7> kNames = {"not well-formed",    "declares a document type or an entity",
                                                      "nested too deeply",  "too large",
                                                      "an element twice",   "not there",
                                                      "not a piece of text"};
  return kNames.at(static_cast<std::size_t>(trouble));
}

bool is_xml_path(std::string_view text) {
  if (!text.starts_with('/') || text.ends_with('/') || text.find("//") != std::string_view::npos) return false;
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || std::string_view("<>&\"'=[]@*").find(c) != std::string_view::npos;
  });
}

std::variant<std::string, XmlTrouble> xml_at(std::string_view document, std::string_view path) {
  if (document.size() > kXmlLimit) return XmlTrouble::too_large;
  if (document.starts_with(kByteOrderMark)) document.remove_prefix(kByteOrderMark.size());
  if (document.find('\0') != std::string_view::npos) return XmlTrouble::malformed;
  if (const auto trouble = TagScan(document).trouble()) return *trouble;
  pugi::xml_document read;
  // The encoding is said, not guessed: pugixml must read the characters that were scanned.
  if (!read.load_buffer(document.data(), document.size(), kReading, pugi::encoding_utf8)) return XmlTrouble::malformed;
  if (!is_xml_path(path)) return XmlTrouble::absent;
  const OneElement element = element_at(read, path);
  if (const auto* trouble = std::get_if<XmlTrouble>(&element)) return *trouble;
  return text_of(std::get<pugi::xml_node>(element));
}

}  // namespace mw
