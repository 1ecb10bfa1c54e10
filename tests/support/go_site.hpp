// A Go module proxy in virtual time that is right in every way, with its checksum database, until a test spoils one
// thing.
#pragma once

#include "probes/digest.hpp"
#include "probes/formats/dirhash.hpp"
#include "tests/support/ecosystem_run.hpp"
#include "tests/support/sum_tree.hpp"
#include "tests/support/zip_maker.hpp"

namespace mw::go_site {

using namespace std::chrono_literals;

inline constexpr SysTime kNow(std::chrono::seconds(1'754'730'300));
inline const std::string kHost = "192.0.2.7:80";
inline const std::string kPage = "<!DOCTYPE html><title>Sign in</title>";
inline const std::string kModule = "example.org/m";
inline const std::string kFiles = kModule + "/@v/v1.2.0";
inline const std::string kGoMod = "module example.org/m\n\ngo 1.19\n";
inline const std::string kDatabase = "sumdb/sum.example.org/";

inline std::string module_zip(const ModuleVersion& module, const std::string& go_mod) {
  ZipMaker maker;
  maker.members = {{shown(module) + "/go.mod", go_mod}, {shown(module) + "/m.go", "package m\n"}};
  return maker.bytes();
}

inline std::string zip_hash(const ModuleVersion& module, const std::string& go_mod) {
  const std::string first = shown(module) + "/go.mod";
  const std::string second = shown(module) + "/m.go";
  return *dirhash({{first, sha256_hex(go_mod)}, {second, sha256_hex("package m\n")}});
}

/// A proxy that is right in every way, and has the checksum database; a test spoils one thing.
struct Site {
  EcosystemRun run{"go", "http://192.0.2.7/go/", kNow};
  SumTree tree;
  ModuleVersion module{kModule, "v1.2.0"};
  std::string h1 = zip_hash(module, kGoMod);
  std::string mod_h1 = go_mod_hash(kGoMod);

  Site() {
    run.pool.options["sumdb"] = tree.key_text();
    run.pool.canaries = {{kModule, ""}};
    page(kModule + "/@v/list", "v1.0.0\nv1.2.0\nv1.3.0-rc.1\nv0.0.0-20191109021931-daa7c04131f5\n");
    page(kFiles + ".info", R"({"Version":"v1.2.0","Time":"2024-07-02T08:24:45Z","Origin":{"VCS":"git"}})");
    page(kFiles + ".mod", kGoMod);
    page(kFiles + ".zip", module_zip(module, kGoMod));
    tree.grow(20);
    serve_sums(kModule + " v1.2.0 " + h1 + "\n" + kModule + " v1.2.0/go.mod " + mod_h1 + "\n");
  }

  std::map<std::string, FakePage>& pages() { return run.net.host(kHost).pages; }
  FakePage& served(const std::string& path) { return pages()["/go/" + path]; }
  void page(const std::string& path, const std::string& body) { served(path) = {200, body, {}}; }
  void drop(const std::string& path) { pages().erase("/go/" + path); }

  /// The database knows this record beside others.
  void serve_sums(const std::string& record) {
    const std::uint64_t id = tree.add(record);
    page(kDatabase + "supported", "");
    page(kDatabase + "lookup/" + shown(module), tree.lookup(id, tree.size()));
    page(kDatabase + "latest", tree.signed_head(tree.size()));
    for (const auto& [path, bytes] : tree.tiles(tree.size(), 8)) page(kDatabase + path, bytes);
  }

  Finding freshness() { return run.look(CheckKind::freshness); }
  Finding integrity() { return run.look(CheckKind::integrity); }
};

}  // namespace mw::go_site
