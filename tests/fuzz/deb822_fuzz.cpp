// Paragraphs: fields are views into the text, within their caps, and reading always advances.
#include "probes/formats/deb822.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t before = rest.size();
    const auto taken = take_paragraph(rest);
    must(rest.size() < before);
    const auto* paragraph = std::get_if<Paragraph>(&taken);
    if (paragraph == nullptr) break;
    must(paragraph->size() <= kMaxFields);
    for (const Field& one : *paragraph) {
      must(!one.name.empty() && one.name.size() <= kMaxFieldName);
      must(field(*paragraph, one.name) == one.value);
      must(one.value.empty() || (one.value.data() >= text.data() && one.value.end() <= text.end()));
    }
  }
  return 0;
}
