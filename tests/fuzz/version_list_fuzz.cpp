// Lists of versions: all that comes out is canonical, the newest is one of them, and no two comparisons disagree.
#include "probes/formats/semver.hpp"
#include "probes/formats/version_list.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

namespace {

void compare(const std::string& a, const std::string& b) {
  const int order = compare_versions(a, b);
  must(order == -compare_versions(b, a));
  if (order > 0) return compare(b, a);
  must(!is_pseudo_version(a) && !is_pseudo_version(b));
  must(version_order(a).has_value() && *version_order(a) >= 0);
  must(*version_order(a) <= *version_order(b));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  const std::string canonical = canonical_version(text);
  if (!canonical.empty()) must(is_canonical_version(canonical) && compare_versions(text, canonical) == 0);
  const auto read = read_version_list(text);
  const auto* list = std::get_if<VersionList>(&read);
  if (list == nullptr) return 0;
  for (const std::string& one : list->versions) must(is_canonical_version(one) && canonical_version(one) == one);
  for (std::size_t i = 1; i < list->versions.size(); ++i) compare(list->versions[i - 1], list->versions[i]);
  const auto newest = newest_version(list->versions);
  must(newest.has_value() == !list->versions.empty());
  if (newest) must(list->has_version(*newest));
  if (const auto decider = decides_incompatible(*list)) must(only_compatible(*list).has_version(*decider));
  if (!list->latest_commit.empty()) must(pseudo_version_time(list->latest_commit).has_value());
  return 0;
}
