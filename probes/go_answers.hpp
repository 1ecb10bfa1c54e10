// What a Go module proxy's answers mean: versions, files of a version, hashes; and what the pool's options ask for.
// Pure: asks nobody and blames nobody.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "probes/evidence.hpp"
#include "probes/formats/module_path.hpp"
#include "probes/formats/module_zip.hpp"
#include "probes/formats/sumdb.hpp"
#include "probes/formats/version_list.hpp"
#include "probes/target.hpp"

namespace mw {

// ---- what is asked for -----------------------------------------------------------------------------------------

struct GoOptions {
  std::optional<NamedSumDatabase> sumdb;  ///< nothing: hashes are reported, not compared
  bool sumdb_at_url = false;              ///< the option has a URL: no mirror is asked, as the go command does
  bool verify_zip = true;
  std::uint64_t max_zip = kMaxModuleZip;
  bool cached_only = false;
};

std::variant<GoOptions, Failure> go_options(const Pool&);

/// "module", or "module@version" for a version that is looked at whether listed or not.
struct GoCanary {
  std::string module;
  std::string version;  ///< empty: the newest that the mirror lists
  std::string sha256;   ///< of the zip as served; empty: any
};

std::variant<std::vector<GoCanary>, Failure> go_canaries(const Pool&);

/// The modules whose newest version is looked at in this round: canaries, then samples; each once.
std::variant<std::vector<std::string>, Failure> go_modules(const Pool&, std::uint64_t round);

// ---- what is answered ------------------------------------------------------------------------------------------

inline constexpr std::size_t kMaxVersionList = 16UL * 1024 * 1024;
inline constexpr std::size_t kMaxInfo = 1024UL * 1024;

/// Whether after such an answer the mirror is left alone until the next look: nothing else will be answered better.
bool ends_the_look(const Failure&);

std::variant<VersionList, Failure> listed_versions(const std::string& module, const Got&);

/// The list without "+incompatible" versions if `go_mod`, that of the version which decides this, is of its author's.
std::variant<VersionList, Failure> settled_list(VersionList, const ModuleVersion& decider, const Got& go_mod);

/// The newest of the list, if it has any that is tagged.
std::optional<Version> newest_listed(const VersionList&);

/// What @latest says when no version is tagged; where it is not there, the latest commit of the list.
std::variant<Version, Failure> latest_of(const std::string& module, const VersionList&, const Got&);

/// A version's .info: of this version, and with a date that is one. The date may be missing.
std::optional<Failure> bad_info(const ModuleVersion&, const Got&);

/// The hash of a version's go.mod, as go.sum has it.
std::variant<std::string, Failure> hash_of_go_mod(const ModuleVersion&, const Got&);

/// Why this cannot be a version's zip, before it is read. The body is in its spool.
std::optional<Failure> no_zip(const ModuleVersion&, const Got&);

/// A zip that was read, and the digest of the file it was.
struct KnownZip {
  ModuleZip zip;
  std::string sha256;
};

/// For this mirror's later looks: of each module, the version that was read last.
void remember_zip(Finding&, const ModuleVersion&, const KnownZip&);
std::optional<KnownZip> recall_zip(const Target&, const ModuleVersion&);

Failure zip_failure(const ModuleVersion&, const ZipFault&);

/// What the mirror serves of one version. Empty: not looked at.
struct GoHashes {
  std::string zip;
  std::string go_mod;
};

std::vector<Artefact> artefacts_of(const ModuleVersion&, const GoHashes&);

/// Whether these are the hashes that the checksum database has.
std::optional<Failure> other_hashes(const ModuleVersion&, const GoHashes&, const Sums&);

/// Which way to the checksum database: through the mirror, to its own server, or none.
enum class SumsRoute : std::uint8_t { mirror, direct };
std::variant<SumsRoute, Failure> sums_route(const Got& supported);

/// A failure of the database's own server, which says nothing of the mirror: the log's word alone counts.
Failure of_database(Failure);

}  // namespace mw
