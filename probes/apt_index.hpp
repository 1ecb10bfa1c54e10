// Below the Release of an apt archive: the Packages index, by its hash and by its own name, and the packages that it
// lists. Pure: says what to ask for, in apt's order, and what answers mean.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "probes/follow.hpp"
#include "probes/formats/packages.hpp"
#include "probes/formats/release.hpp"
#include "probes/target.hpp"

namespace mw::apt {

inline constexpr std::uint64_t kMaxPacked = 64ULL * 1024 * 1024;     ///< held in memory while it is unpacked
inline constexpr std::uint64_t kMaxUnpacked = 512ULL * 1024 * 1024;  ///< only passed through; 64 KiB of it are held
inline constexpr std::uint64_t kMaxPackage = 1024ULL * 1024 * 1024;  ///< only counted and digested, never kept

/// One form of the Packages index.
struct Index {
  std::string path;  ///< relative to dists/SUITE/
  ListedFile listed;
  std::size_t unpacked_limit = kMaxUnpacked;
};

/// The forms that the Release lists and that we can read, smallest first; at least one.
std::variant<std::vector<Index>, Failure> listed_indexes(const Release&, const Pool&);

struct Place {
  Url url;
  bool by_hash = false;  ///< a name that can mean these bytes only
};

/// Where a form of the index may lie, in the order in which apt asks: by its strongest hash, then by its own name,
/// each first where the Release came from in the end (`release_url`), then at the mirror itself.
std::vector<Place> places(const Target&, const Release&, const Index&, const Url& release_url);

Get index_get(const Index&, const Place&);

/// An index as it was answered, with what is needed to read it.
struct ServedIndex {
  Index index;
  Place place;
  Got got;
  std::vector<std::string> names;  ///< of the packages to be found in it
  std::set<std::string> known;     ///< digests that other generations of it have
};

struct IndexReading {
  std::optional<Failure> failure;
  bool ask_again = false;  ///< right size, wrong bytes: a second answer tells damage on the way from damage there
  std::map<std::string, PackageEntry> packages;
  std::string tail_sha256;  ///< of the last bytes of a good index, packed as it was served
};

/// Unpacks and scans it in one pass: work for Net::compute.
IndexReading read_index(const ServedIndex&);

/// How much work read_index() can be at most, as kComputeInPlace counts it.
std::size_t reading_work(const ServedIndex&);

/// A look at the name that is not a hash: size and last bytes, in which every form keeps a checksum over the rest.
Get tail_get(const Index&, Url canonical);
FeedLook judge_tail(const Index&, const Got&, const std::string& tail_sha256, const Version& release);

/// Digests that the mirror or the reference was seen to list or serve for this index.
std::set<std::string> known_digests(const Target&, const Index&);
void remember_listed(Finding&, const Target&, const std::vector<Index>&);

// ---- packages --------------------------------------------------------------------------------------------------

/// Canaries, and the samples whose turn it is.
std::vector<Canary> wanted_packages(const Target&);

std::variant<PackageFile, Failure> locate(const PackageEntry&, const Canary&);

Get package_get(const Target&, const PackageFile&);

/// A package and the file that the index lists for it.
struct Listed {
  std::string name;
  PackageFile file;
};

std::optional<Failure> bad_package(const Target&, const Listed&, const Got&);

/// What was received, for the ledger, and a whole file for this mirror's memory.
void take_in(Finding&, const Target&, const Listed&, const Got&);

/// The trouble could be that of an archive that changed while it was looked at.
bool may_have_moved(const std::optional<Failure>&);

}  // namespace mw::apt
