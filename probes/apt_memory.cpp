// Words for a reading, and back. One line for the index, one for each package:
//   SHA256 TAIL-SHA256
//   NAME SIZE SHA256 PATH
#include "probes/apt_memory.hpp"

#include <algorithm>
#include <sstream>

#include "probes/evidence.hpp"

namespace mw::apt {

namespace {

constexpr std::uint64_t kWorthIt = 64 * 1024;
constexpr std::size_t kMostNames = 256;

std::string memory_key(const Target& target, const Index& index) {
  return "apt/read/" + option(*target.pool, "suite") + "/" + index.path;
}

bool is_word(const std::string& text) { return !text.empty() && text.find_first_of(" \t\r\n") == std::string::npos; }

}  // namespace

std::vector<std::string> names_to_read(const Pool& pool) {
  std::vector<std::string> names;
  for (const Canary& canary : pool.canaries) names.push_back(canary.name);
  names.insert(names.end(), pool.sample.begin(), pool.sample.end());
  return names;
}

void remember_reading(Finding& finding, const Target& target, const Index& index, const IndexReading& reading) {
  if (reading.failure || index.listed.size <= kWorthIt || reading.packages.size() > kMostNames) return;
  std::ostringstream words;
  words << index.listed.sha256 << ' ' << reading.tail_sha256 << '\n';
  for (const auto& [name, entry] : reading.packages) {
    const auto* file = std::get_if<PackageFile>(&entry);
    if (file == nullptr || !is_word(name)) return;
    words << name << ' ' << file->size << ' ' << file->sha256 << ' ' << file->path << '\n';
  }
  finding.remember[memory_key(target, index)] = words.str();
}

std::optional<IndexReading> recall_reading(const Target& target, const Index& index,
                                           const std::vector<std::string>& names) {
  const auto found = target.remembered->find(memory_key(target, index));
  if (found == target.remembered->end()) return std::nullopt;
  std::istringstream words(found->second);
  std::string sha256;
  IndexReading reading;
  words >> sha256 >> reading.tail_sha256;
  if (sha256 != index.listed.sha256) return std::nullopt;
  std::string name;
  PackageFile file;
  while (words >> name >> file.size >> file.sha256 >> file.path) reading.packages[name] = file;
  const auto is_there = [&](const std::string& wanted) { return reading.packages.contains(wanted); };
  if (!std::all_of(names.begin(), names.end(), is_there)) return std::nullopt;
  return reading;
}

}  // namespace mw::apt
