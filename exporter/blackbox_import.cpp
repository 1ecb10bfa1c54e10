// The walk through the modules of a blackbox_exporter configuration; what it writes is read back before it is shown.
#include "exporter/blackbox_import.hpp"

#include <algorithm>
#include <array>

#include "exporter/blackbox_rows.hpp"
#include "exporter/fields.hpp"
#include "probes/module.hpp"

namespace mw {

namespace blackbox {

namespace {

constexpr auto kHead = R"(# Modules taken over from a configuration of blackbox_exporter.

[probe]
# blackbox_exporter looks at whatever it is asked to look at. Here /probe looks at the mirrors of this configuration
# and at what is allowed: hosts, such as "*.example.org", and networks, such as "192.0.2.0/24".
# allow = []
)";

constexpr std::array<std::string_view, 4> kSpoken = {"http", "tcp", "dns", "icmp"};
constexpr std::array<std::string_view, 3> kUnspoken = {"grpc", "unix", "websocket"};

template <class Words>
bool is_one_of(std::string_view word, const Words& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::span<const YamlRow> rows_of(std::string_view prober) {
  if (prober == "http") return http_rows();
  if (prober == "tcp") return tcp_rows();
  if (prober == "dns") return dns_rows();
  return prober == "icmp" ? icmp_rows() : unspoken_rows(prober);
}

void copy_options(const YamlSpot& spot, Block& into) {
  Block table{"module." + std::string(spot.key)};
  walk(spot, rows_of(spot.key), table);
  into.add(std::move(table));
}

constexpr YamlRow kModule[] = {
    {"prober", copy_text},  {"timeout", copy_duration}, {"http", copy_options},
    {"tcp", copy_options},  {"dns", copy_options},      {"icmp", copy_options},
    {"grpc", copy_options}, {"unix", copy_options},     {"websocket", copy_options},
};

/// Its prober, if there is such a one.
std::optional<std::string> prober_of(const YamlSpot& module) {
  const YamlNode* node = module.node->find("prober");
  const std::string prober = node == nullptr ? std::string() : node->text;
  if (is_one_of(prober, kSpoken) || is_one_of(prober, kUnspoken)) return prober;
  std::vector<std::string> known(kSpoken.begin(), kSpoken.end());
  known.insert(known.end(), kUnspoken.begin(), kUnspoken.end());
  const YamlSpot at{node == nullptr ? module.node : node, module.path + ".prober", "prober", module.import};
  at.fail((prober.empty() ? "is missing" : "'" + printable(prober, 64) + "' is not known") + suggestion(prober, known));
  return std::nullopt;
}

/// Options of another prober are read, to find mistakes, and lead nowhere: there as here.
void copy_members(const YamlSpot& module, const std::string& prober, Block& into) {
  for (const YamlMember& member : module.node->members) {
    const bool is_prober = is_one_of(member.key, kSpoken) || is_one_of(member.key, kUnspoken);
    YamlNode alone;
    alone.kind = YamlNode::Kind::map;
    alone.members.push_back(member);
    Block nowhere;
    const bool foreign = is_prober && member.key != prober;
    walk({&alone, module.path, "", module.import}, kModule, foreign ? nowhere : into);
    if (foreign) module.member(member).warn("belongs to another prober than " + prober + "; it is left out", into);
  }
}

std::string copy_module(const YamlSpot& module, const std::string& name) {
  if (!module.is(YamlNode::Kind::map, "a table")) {
    if (module.node->kind == YamlNode::Kind::null) module.fail("is empty, expected a table with prober");
    return "";
  }
  const auto prober = prober_of(module);
  if (!prober) return "";
  Block block;
  block.set("name", quote_toml(name));
  copy_members(module, *prober, block);
  if (is_one_of(*prober, kSpoken)) {
    module.import->taken.push_back(module.path);
    return "\n[[module]]\n" + block.lines + block.tables;
  }
  Block remark;
  module.warn("the prober " + *prober + " is not spoken here; the module is left out", remark);
  return "\n" + remark.lines;
}

std::string copy_modules(const YamlSpot& modules) {
  if (!modules.is(YamlNode::Kind::map, "a table of modules")) return "";
  std::string out;
  for (const YamlMember& member : modules.node->members) {
    modules.import->module = member.key;
    out += copy_module(modules.member(member), member.key);
  }
  return out;
}

/// Every secret can be had: whether the files are there is not the question yet.
SecretSource any_secret() {
  const auto file = [](const std::string&, std::string&) { return std::optional<std::string>("x"); };
  return {file, [](const std::string&) { return std::optional<std::string>("x"); }, file};
}

/// module[2].http.method as modules.NAME.http.method
std::string yaml_path(const std::string& path, const Import& import) {
  for (std::size_t i = 0; i < import.taken.size(); ++i) {
    const std::string own = "module[" + std::to_string(i) + "]";
    if (path.starts_with(own)) return import.taken[i] + path.substr(own.size());
  }
  return path;
}

/// What our own reader has against the result.
void read_back(const std::string& toml, Import& import) {
  const auto outcome = parse_config(toml, "", any_secret());
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&outcome))
    for (const ConfigError& error : *errors)
      import.errors.push_back({import.file, 0, 0, yaml_path(error.path, import), error.what});
}

std::string convert(const YamlNode& root, Import& import) {
  if (root.kind != YamlNode::Kind::map || root.find("modules") == nullptr) {
    import.errors.push_back(
        {import.file, root.at.line, root.at.column, "modules", "is missing, expected a table of modules"});
    return "";
  }
  std::string out = kHead;
  for (const YamlMember& member : root.members) {
    if (member.key == "modules")
      out += copy_modules({&member.value, "modules", "", &import});
    else
      import.errors.push_back({import.file, member.at.line, member.at.column, printable(member.key, 80),
                               "is not known to blackbox_exporter 0.28" + suggestion(member.key, {"modules"})});
  }
  if (import.taken.empty() && import.errors.empty())
    import.errors.push_back({import.file, 0, 0, "modules", "holds none that can be taken over, expected one"});
  return out;
}

}  // namespace

}  // namespace blackbox

Imported import_blackbox(const std::string& yaml, const std::string& file) {
  const auto tree = parse_yaml(yaml);
  if (const auto* error = std::get_if<YamlError>(&tree))
    return {"", {}, {{file, error->at.line, error->at.column, "", error->what}}};
  blackbox::Import import;
  import.file = file;
  std::string toml = blackbox::convert(std::get<YamlNode>(tree), import);
  if (import.errors.empty()) blackbox::read_back(toml, import);
  if (!import.errors.empty()) toml.clear();
  return {std::move(toml), std::move(import.warnings), std::move(import.errors)};
}

}  // namespace mw
