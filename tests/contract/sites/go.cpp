// The contract's site of a Go module proxy that also has the checksum database.
#include "probes/digest.hpp"
#include "probes/formats/dirhash.hpp"
#include "tests/contract/contract_site.hpp"
#include "tests/support/sum_tree.hpp"
#include "tests/support/zip_maker.hpp"

namespace mw {

namespace {

const std::string kModule = "example.org/m";
const std::string kGoMod = "module example.org/m\n\ngo 1.19\n";
const std::string kSource = "package m\n";
const std::string kBase = "/go/";
const std::string kDatabase = kBase + "sumdb/sum.example.org/";

const ModuleVersion& version() {
  static const ModuleVersion version{kModule, "v1.2.0"};
  return version;
}

std::string zip() {
  ZipMaker maker;
  maker.members = {{shown(version()) + "/go.mod", kGoMod}, {shown(version()) + "/m.go", kSource}};
  return maker.bytes();
}

std::string record() {
  const std::string h1 =
      *dirhash({{shown(version()) + "/go.mod", sha256_hex(kGoMod)}, {shown(version()) + "/m.go", sha256_hex(kSource)}});
  return kModule + " v1.2.0 " + h1 + "\n" + kModule + " v1.2.0/go.mod " + go_mod_hash(kGoMod) + "\n";
}

std::map<std::string, FakePage> sums_pages(SumTree tree) {
  const std::uint64_t id = tree.add(record());
  std::map<std::string, FakePage> pages;
  pages[kDatabase + "supported"] = {200, "", {}};
  pages[kDatabase + "lookup/" + shown(version())] = {200, tree.lookup(id, tree.size()), {}};
  pages[kDatabase + "latest"] = {200, tree.signed_head(tree.size()), {}};
  for (const auto& [path, bytes] : tree.tiles(tree.size(), 8)) pages[kDatabase + path] = {200, bytes, {}};
  return pages;
}

void arrange(EcosystemRun& run) {
  run.pool.options["sumdb"] = SumTree().key_text();
  run.pool.options["max_zip_bytes"] = "1048576";
  run.pool.canaries = {{kModule, ""}};
}

}  // namespace

ContractSite go_site() {
  const std::string files = kBase + kModule + "/@v/";
  SumTree tree;
  tree.grow(5);
  ContractSite site;
  site.base = kBase;
  site.pages = sums_pages(std::move(tree));
  site.pages[files + "list"] = {200, "v1.0.0\nv1.2.0\n", {}};
  site.pages[files + "v1.2.0.info"] = {200, R"({"Version":"v1.2.0","Time":"2024-07-02T08:24:45Z"})", {}};
  site.pages[files + "v1.2.0.mod"] = {200, kGoMod, {}};
  site.pages[files + "v1.2.0.zip"] = {200, zip(), {}};
  site.arrange = &arrange;
  site.marker = files + "list";
  site.artefact = files + "v1.2.0.zip";
  site.flip = zip().find(kSource);
  site.differs = {{"marker from the future", "-", "", "versions are ordered by their numbers, not by dates"}};
  return site;
}

}  // namespace mw
