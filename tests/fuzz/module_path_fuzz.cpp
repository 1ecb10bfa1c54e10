// Module paths and versions: what is escaped comes back, and nothing leads out of the proxy's tree.
#include "probes/formats/case_fold.hpp"
#include "probes/formats/module_path.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

namespace {

void check_request(std::string_view path) {
  must(path.find("..") == std::string_view::npos || path.find("/../") == std::string_view::npos);
  must(path.find_first_of(" \r\n\t?#\\!\"<>") == std::string_view::npos);
  must(!path.starts_with('/') && path.find("//") == std::string_view::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  if (const auto escaped = escape_path(text)) must(unescape_path(*escaped) == text);
  if (const auto escaped = escape_version(text)) must(unescape_version(*escaped) == text);
  if (const auto path = unescape_path(text)) must(escape_path(*path) == text);
  if (const auto version = unescape_version(text)) must(escape_version(*version) == text);
  const std::size_t at = text.find('@');
  if (at != std::string_view::npos) {
    const ModuleVersion module{std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
    if (const auto path = proxy_path(module, ".zip")) check_request(*path);
    version_fits(module.module, module.version);
  }
  if (is_module_file(text)) {
    must(is_valid_utf8(text) && text.front() != '/' && text.back() != '/');
    must(text != ".." && text.find("../") != 0 && text.find("/../") == std::string_view::npos);
  }
  const auto folded = case_folded(text);
  must(folded.has_value() == is_valid_utf8(text));
  if (folded) must(folded->size() <= text.size() && case_folded(*folded) == folded);
  return 0;
}
