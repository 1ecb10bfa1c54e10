// GOPROXY lists: a keyword ends the list, and no entry is empty.
#include "probes/formats/goproxy.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = parse_goproxy(as_text(data, size));
  const auto* entries = std::get_if<std::vector<GoProxyEntry>>(&parsed);
  if (entries == nullptr) {
    must(!std::get<std::string>(parsed).empty());
    return 0;
  }
  must(!entries->empty());
  for (const GoProxyEntry& one : *entries) {
    const bool is_proxy = one.kind == GoProxyEntry::Kind::proxy;
    must(is_proxy || &one == &entries->back());
    must(is_proxy == !one.url.empty());
    must(is_proxy || !falls_through(one, Failure{Layer::http, Reason::not_found, ""}));
  }
  return 0;
}
