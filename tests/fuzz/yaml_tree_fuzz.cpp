// Any bytes as YAML: a bounded tree, or one line that says why not.
#include <string>
#include <variant>

#include "exporter/yaml_tree.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

namespace {

std::size_t measure(const YamlNode& node, std::size_t depth) {
  must(depth <= kYamlDepth + 1);
  std::size_t total = 1;
  for (const YamlNode& item : node.items) total += measure(item, depth + 1);
  for (const YamlMember& member : node.members) {
    must(node.find(member.key) == &member.value);
    total += measure(member.value, depth + 1);
  }
  return total;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto outcome = parse_yaml(std::string(as_text(data, size)));
  if (const auto* error = std::get_if<YamlError>(&outcome))
    must(!error->what.empty() && error->what.find('\n') == std::string::npos);
  else
    measure(std::get<YamlNode>(outcome), 1);
  return 0;
}
