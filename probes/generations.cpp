// One generation a line.
#include "probes/generations.hpp"

#include "probes/formats/text.hpp"

namespace mw {

std::vector<std::string> generations(const Remembered& memory, const std::string& key) {
  std::vector<std::string> list;
  const auto found = memory->find(key);
  if (found == memory->end()) return list;
  for (std::string_view rest = found->second; !rest.empty();) list.emplace_back(take_line(rest));
  return list;
}

std::string with_generation(const Remembered& memory, const std::string& key, const std::string& latest) {
  std::vector<std::string> list = generations(memory, key);
  std::erase(list, latest);
  list.push_back(latest);
  if (list.size() > kMostGenerations) list.erase(list.begin(), list.end() - kMostGenerations);
  std::string value;
  for (const std::string& one : list) value += (value.empty() ? "" : "\n") + one;
  return value;
}

}  // namespace mw
