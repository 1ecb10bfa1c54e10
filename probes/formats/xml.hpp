// The text of one element out of an untrusted XML document. Pure. The only reader of XML in probes/; pugixml stays
// in the .cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace mw {

inline constexpr std::size_t kXmlLimit = 16 * 1024 * 1024;  ///< bytes of a document
inline constexpr std::size_t kXmlDepthLimit = 64;           ///< elements within each other
inline constexpr std::size_t kXmlPieceLimit = 300'000;      ///< tags, attributes, comments: what costs memory

enum class XmlTrouble : std::uint8_t {
  malformed,
  declaration,  ///< <!DOCTYPE, <!ENTITY and whatever else begins so: nothing we read has one
  too_deep,
  too_large,
  ambiguous,  ///< an element on the way stands there twice
  absent,
  not_text,  ///< holds elements
};

std::string_view name(XmlTrouble);

/// The text of the element at `path`, names as they are written ("/metadata/versioning/lastUpdated"), the five
/// predefined entities and character references decoded. Bytes in UTF-8 are expected but not checked. A path that
/// is_xml_path() refuses leads nowhere.
std::variant<std::string, XmlTrouble> xml_at(std::string_view document, std::string_view path);

/// Whether this is such a path: "/name" once or more.
bool is_xml_path(std::string_view text);

}  // namespace mw
