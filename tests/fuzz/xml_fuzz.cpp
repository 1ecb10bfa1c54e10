// XML: the first line is the path, the rest the document. What is found is bounded and the same twice; a document
// with a declaration, or a path that is none, finds nothing.
#include "probes/formats/text.hpp"
#include "probes/formats/xml.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view document = as_text(data, size);
  const std::string_view path = take_line(document);
  const auto found = xml_at(document, path);
  must(found == xml_at(document, path));
  const auto* text = std::get_if<std::string>(&found);
  if (text == nullptr) return 0;
  must(is_xml_path(path));
  must(text->size() <= document.size());
  must(document.find('\0') == std::string_view::npos);
  const auto wrapped =
      xml_at("<r>" + std::string(document.substr(document.find('<'))) + "</r>", "/r" + std::string(path));
  const auto* trouble = std::get_if<XmlTrouble>(&wrapped);
  must(wrapped == found || (trouble != nullptr && *trouble != XmlTrouble::declaration));
  return 0;
}
