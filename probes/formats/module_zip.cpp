// The rules for module zips, first by what the directory lists, then by the bytes.
#include "probes/formats/module_zip.hpp"

#include <algorithm>
#include <optional>

#include "probes/digest.hpp"
#include "probes/formats/case_fold.hpp"
#include "probes/formats/dirhash.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

ZipFault fault(ZipTrouble trouble, std::string_view what) { return {trouble, std::string(what)}; }

bool is_folder(std::string_view name) { return name.ends_with('/'); }

/// Which names a module may have, one by one. `name` without the prefix.
std::optional<ZipTrouble> bad_name(std::string_view name) {
  const std::string_view path = is_folder(name) ? name.substr(0, name.size() - 1) : name;
  if (!is_module_file(path)) return ZipTrouble::name;
  const std::size_t slash = path.rfind('/');
  const std::string_view base = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (!is_folder(name) && equal_ignoring_case(base, "go.mod") && name != "go.mod") return ZipTrouble::go_mod;
  return std::nullopt;
}

std::optional<ZipTrouble> bad_entry(const ZipEntry& entry, std::string_view prefix) {
  if (!entry.name.starts_with(prefix)) return is_module_file(entry.name) ? ZipTrouble::wrong_object : ZipTrouble::name;
  const std::string_view name = entry.name.substr(prefix.size());
  if (entry.link) return ZipTrouble::link;
  if (is_folder(entry.name) && entry.unpacked != 0) return ZipTrouble::size;
  if (name.empty()) return std::nullopt;
  if ((name == "go.mod" || name == "LICENSE") && entry.unpacked > kMaxModuleDocument) return ZipTrouble::too_large;
  return bad_name(name);
}

/// A name cut into what file systems see: "a/b" is b in a.
struct Path {
  std::string folded;
  std::string_view original;
  bool folder;
};

/// By component: what is in a folder comes right after it.
bool comes_before(const Path& a, const Path& b) {
  const auto rank = [](char c) { return c == '/' ? 0 : static_cast<int>(static_cast<unsigned char>(c)) + 1; };
  return std::lexicographical_compare(a.folded.begin(), a.folded.end(), b.folded.begin(), b.folded.end(),
                                      [&rank](char x, char y) { return rank(x) < rank(y); });
}

std::string_view take_component(std::string_view& rest) {
  const std::size_t slash = rest.find('/');
  const std::string_view component = rest.substr(0, slash);
  rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  return component;
}

/// Two neighbours in that order, of which the first may be a folder on the way to the second.
bool collide(const Path& a, const Path& b) {
  std::string_view folded_a = a.folded;
  std::string_view folded_b = b.folded;
  std::string_view rest_a = a.original;
  std::string_view rest_b = b.original;
  while (!folded_a.empty() && !folded_b.empty()) {
    if (take_component(folded_a) != take_component(folded_b)) return false;
    if (take_component(rest_a) != take_component(rest_b)) return true;
  }
  return folded_b.empty() ? !a.folder || !b.folder : !a.folder;
}

/// Names that some file system would take for one. Neighbours in sorted order suffice: all that share a folder, by
/// whatever spelling, stand together.
std::optional<ZipFault> collision(const ZipDirectory& directory, std::size_t prefix) {
  std::vector<Path> paths;
  paths.reserve(directory.entries.size());
  for (const ZipEntry& entry : directory.entries) {
    std::string_view name = entry.name.substr(prefix);
    if (name.empty()) continue;
    const bool folder = is_folder(name);
    if (folder) name.remove_suffix(1);
    auto folded = case_folded(name);
    if (!folded) return fault(ZipTrouble::name, entry.name);
    paths.push_back({std::move(*folded), name, folder});
  }
  std::sort(paths.begin(), paths.end(), comes_before);
  for (std::size_t i = 1; i < paths.size(); ++i)
    if (collide(paths[i - 1], paths[i])) return fault(ZipTrouble::collision, paths[i].original);
  return std::nullopt;
}

struct Total {
  std::uint64_t packed = 0;
  std::uint64_t unpacked = 0;
  std::size_t files = 0;
};

Total total_of(const ZipDirectory& directory) {
  Total total;
  for (const ZipEntry& entry : directory.entries) {
    total.packed += entry.packed;
    total.unpacked += entry.unpacked;
    if (!is_folder(entry.name)) ++total.files;
  }
  return total;
}

std::optional<ZipFault> too_much(const Total& total) {
  if (total.files == 0) return fault(ZipTrouble::empty, "the archive");
  if (total.unpacked > kMaxModuleZip) return fault(ZipTrouble::too_large, "unpacked");
  if (total.unpacked > kRatioFreeBytes && total.unpacked / kMaxRatio > total.packed)
    return fault(ZipTrouble::bomb, "the archive");
  return std::nullopt;
}

/// All that can be said before a member is read.
std::optional<ZipFault> bad_directory(const ZipDirectory& directory, std::string_view prefix) {
  for (const ZipEntry& entry : directory.entries)
    if (const auto trouble = bad_entry(entry, prefix)) return fault(*trouble, entry.name);
  if (auto trouble = too_much(total_of(directory))) return trouble;
  return collision(directory, prefix.size());
}

using Digests = std::vector<FileDigest>;

std::variant<Digests, ZipFault> digest_members(FileWindow& window, ZipDirectory& directory) {
  std::sort(directory.entries.begin(), directory.entries.end(),
            [](const ZipEntry& a, const ZipEntry& b) { return a.header < b.header; });
  Digests digests;
  digests.reserve(directory.entries.size());
  ZipMembers members(window);
  for (const ZipEntry& entry : directory.entries) {
    Sha256 digest;
    if (auto trouble = members.read(entry, [&digest](std::string_view bytes) { digest.update(bytes); }))
      return *trouble;
    digests.push_back({entry.name, digest.hex()});
  }
  if (members.end() > directory.offset) return fault(ZipTrouble::overlap, "the directory");
  return digests;
}

std::string digest_of(const Digests& digests, const std::string& name) {
  for (const FileDigest& one : digests)
    if (one.name == name) return one.sha256;
  return {};
}

}  // namespace

std::variant<ModuleZip, ZipFault> read_module_zip(std::FILE* file, const ModuleVersion& module) {
  const std::string prefix = shown(module) + "/";
  FileWindow window(file);
  if (window.size() > kMaxModuleZip) return fault(ZipTrouble::too_large, "the archive");
  auto read = read_zip_directory(window);
  if (const auto* trouble = std::get_if<ZipFault>(&read)) return *trouble;
  auto& directory = std::get<ZipDirectory>(read);
  if (auto trouble = bad_directory(directory, prefix)) return *trouble;
  auto digested = digest_members(window, directory);
  if (const auto* trouble = std::get_if<ZipFault>(&digested)) return *trouble;
  auto& digests = std::get<Digests>(digested);
  const Total total = total_of(directory);
  ModuleZip zip{{}, digest_of(digests, prefix + "go.mod"), total.files, total.unpacked};
  // No name holds a line feed: is_module_file() has seen them all.
  zip.h1 = *dirhash(std::move(digests));
  return zip;
}

}  // namespace mw
