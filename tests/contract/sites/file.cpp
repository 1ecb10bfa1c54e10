// The contract's site of plain files: a dated marker, a pinned file, one that is only compared over time.
#include "probes/digest.hpp"
#include "tests/contract/contract_site.hpp"

namespace mw {

namespace {

const std::string kImage = "these bytes stand for an image\n";

void arrange(EcosystemRun& run) {
  run.pool.options["marker_format"] = "epoch";
  run.pool.options["max_bytes"] = "1048576";
  run.pool.canaries = {{"lastupdate", ""}, {"a.iso", sha256_hex(kImage)}, {"README", ""}};
}

}  // namespace

ContractSite file_site() {
  constexpr std::string_view kListedNowhere = "no index promises a pinned file: that it is gone is all that is known";
  constexpr std::string_view kTooLong = "a marker that long is none, whoever sends it";
  constexpr std::string_view kNoFormat = "a pinned file has no format: other bytes are other bytes";
  ContractSite site;
  site.base = "/pub/";
  site.pages = {{"/pub/lastupdate", {200, "1754730000\n", {}}},
                {"/pub/a.iso", {200, kImage, {}}},
                {"/pub/README", {200, "read me\n", {}}}};
  site.arrange = &arrange;
  site.marker = "/pub/lastupdate";
  site.artefact = "/pub/a.iso";
  site.future_marker = "1754820300\n";
  site.differs = {
      {"not found", "", "http/not_found", kListedNowhere},
      {"gone", "", "http/not_found", kListedNowhere},
      {"unreadable bytes", "", "integrity/checksum", kNoFormat},
      {"coded bomb", "", "integrity/checksum", kNoFormat},
      {"corrupt coding", "", "integrity/checksum", kNoFormat},
      {"more than is read", "content/content_limit", "", kTooLong},
      {"endless body", "content/content_limit", "", kTooLong},
  };
  return site;
}

}  // namespace mw
