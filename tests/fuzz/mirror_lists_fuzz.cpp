// Lists of mirrors from a file or a URL: bounded, the same twice, every mirror one that the configuration could hold,
// and of each that is listed it is known whether it is watched.
#include "exporter/mirror_lists.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

namespace {

void must_be_a_mirror(const Mirror& mirror) {
  must(mirror.listed && !mirror.reference && !mirror.name.empty());
  must(printable(mirror.name, 1024) == mirror.name);
  must(mirror.url.scheme == "http" || mirror.url.scheme == "https");
  must(!mirror.url.host.empty() && mirror.url.target.find('?') == std::string::npos);
  for (const auto& [label, value] : mirror.labels) must(!label.starts_with("__") && printable(value) == value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  const auto read = read_mirror_list(text);
  must(read == read_mirror_list(text));
  const auto* list = std::get_if<ListedMirrors>(&read);
  if (list == nullptr) return 0;
  must(list->mirrors.size() + list->skipped.size() <= kMostListed);
  for (const Mirror& mirror : list->mirrors) must_be_a_mirror(mirror);
  for (const NotListed& skipped : list->skipped) must(!skipped.why.empty());
  Config config;
  Pool pool;
  pool.name = "p";
  config.pools = {std::make_shared<const Pool>(pool)};
  const WithLists made = with_listed(config, {{"p", {{"/list.json", *list}}}});
  must(made.config.pools[0]->mirrors.size() + made.skipped.size() == list->mirrors.size());
  return 0;
}
