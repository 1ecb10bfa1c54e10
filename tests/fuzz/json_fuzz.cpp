// JSON: the first line is the pointer, the rest the document. What is found is bounded, the same twice, and valid
// UTF-8; a pointer that is none finds nothing.
#include "probes/formats/json.hpp"
#include "probes/formats/text.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view document = as_text(data, size);
  const std::string_view pointer = take_line(document);
  const auto found = json_at(document, pointer);
  must(found == json_at(document, pointer));
  const auto* text = std::get_if<std::string>(&found);
  if (text == nullptr) return 0;
  must(is_json_pointer(pointer));
  must(text->size() <= kJsonStringLimit && text->size() <= document.size());
  const auto wrapped = json_at("[" + std::string(document) + "]", "/0" + std::string(pointer));
  const auto* trouble = std::get_if<JsonTrouble>(&wrapped);
  must(wrapped == found || (trouble != nullptr && *trouble == JsonTrouble::too_deep));
  return 0;
}
