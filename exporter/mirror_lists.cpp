// From Prometheus' JSON to mirrors, by way of the configuration's own tables: a listed mirror is checked as a
// configured one is.
#include "exporter/mirror_lists.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "exporter/config_tables.hpp"
#include "probes/formats/json.hpp"

namespace mw {

namespace {

using Json = nlohmann::json;
using TextMap = std::map<std::string, std::string>;

/// What keeps a text from being a list; caught where it is read.
struct NoList {
  std::string why;
};

TomlNode string_node(std::string text) {
  TomlNode node;
  node.kind = TomlNode::Kind::string;
  node.text = std::move(text);
  return node;
}

/// Of a URL too long for a name, the end: that is where URLs differ. Cut at the bounds of ASCII, which URLs are made
/// of.
std::string named_after(const std::string& url) {
  constexpr std::size_t kLongestName = 64;
  return url.size() <= kLongestName ? url : "..." + url.substr(url.size() - kLongestName + 3);
}

/// The mirror as it would stand in the configuration.
TomlNode table_of(const std::string& target, const TextMap& labels) {
  TomlNode table;
  TomlNode kept;
  std::string name = named_after(target);
  for (const auto& [label, value] : labels) {
    if (label == "mirror") name = value;
    if (label != "mirror" && !label.starts_with("__")) kept.members.push_back({label, {}, string_node(value)});
  }
  table.members.push_back({"name", {}, string_node(std::move(name))});
  table.members.push_back({"url", {}, string_node(target)});
  if (!kept.members.empty()) table.members.push_back({"labels", {}, std::move(kept)});
  return table;
}

std::string joined(const std::vector<ConfigError>& errors) {
  std::string text;
  for (const ConfigError& error : errors) text += (text.empty() ? "" : "; ") + error.path + " " + error.what;
  return text;
}

void add_target(const std::string& target, const TextMap& labels, ListedMirrors& into) {
  const SecretSource no_secrets{[](const std::string&, std::string&) { return std::nullopt; },
                                [](const std::string&) { return std::nullopt; }};
  const TomlNode table = table_of(target, labels);
  Reading reading("", no_secrets);
  Mirror mirror;
  mirror.listed = true;
  read_table(Spot{&table, "", &reading}, mirror_fields(), mirror);
  if (reading.ok())
    into.mirrors.push_back(std::move(mirror));
  else
    into.skipped.push_back({target, joined(reading.errors())});
}

/// Empty when there are none. Prometheus takes strings alone.
TextMap labels_of(const Json& group) {
  TextMap labels;
  const auto found = group.find("labels");
  if (found == group.end() || found->is_null()) return labels;
  if (!found->is_object()) throw NoList{"a group's labels are no object of strings"};
  for (const auto& [label, value] : found->items()) {
    if (!value.is_string()) throw NoList{"a group's labels are no object of strings"};
    labels.emplace(label, value.get<std::string>());
  }
  return labels;
}

void add_group(const Json& group, ListedMirrors& into) {
  if (!group.is_object()) throw NoList{"a group is no object with targets and labels"};
  const TextMap labels = labels_of(group);
  const auto targets = group.find("targets");
  if (targets == group.end() || !targets->is_array()) throw NoList{"a group's targets are no list of strings"};
  for (const Json& target : *targets) {
    if (!target.is_string()) throw NoList{"a group's targets are no list of strings"};
    if (into.mirrors.size() + into.skipped.size() == kMostListed)
      throw NoList{"it has more than " + std::to_string(kMostListed) + " targets"};
    add_target(target.get<std::string>(), labels, into);
  }
}

/// Whether the document is sound at all, not too deep, and no key in it stands twice on our way.
std::optional<std::string> unsound(std::string_view text) {
  if (text.size() > kListLimit) return "it is larger than " + std::to_string(kListLimit) + " bytes";
  const auto root = json_at(text, "");
  const auto* trouble = std::get_if<JsonTrouble>(&root);
  if (trouble == nullptr) return "it is no list of groups";
  if (*trouble == JsonTrouble::not_a_scalar) return std::nullopt;
  return "it is no JSON (" + std::string(name(*trouble)) + ")";
}

/// Adds those whose names are free.
void append_free(const ListedMirrors& list, Pool& pool, std::set<std::string>& taken, WithLists& out) {
  for (const Mirror& mirror : list.mirrors) {
    if (taken.insert(mirror.name).second)
      pool.mirrors.push_back(mirror);
    else
      out.skipped.emplace_back(pool.name, NotListed{mirror.url.str(), "another mirror is named '" + mirror.name + "'"});
  }
}

std::shared_ptr<const Pool> with_lists_of(const std::shared_ptr<const Pool>& pool,
                                          const std::map<std::string, ListedMirrors>& lists, WithLists& out) {
  Pool made = *pool;
  std::set<std::string> taken;
  for (const Mirror& mirror : made.mirrors) taken.insert(mirror.name);
  for (const auto& [where, list] : lists) append_free(list, made, taken, out);
  return std::make_shared<const Pool>(std::move(made));
}

}  // namespace

std::variant<ListedMirrors, std::string> read_mirror_list(std::string_view json) {
  if (auto why = unsound(json)) return *why;
  const Json root = Json::parse(json, nullptr, false);
  if (!root.is_array()) return "it is no list of groups";
  ListedMirrors list;
  try {
    for (const Json& group : root) add_group(group, list);
  } catch (const NoList& refused) {
    return refused.why;
  }
  return list;
}

WithLists with_listed(const Config& config, const Listed& listed) {
  WithLists out{config, {}};
  for (auto& pool : out.config.pools)
    if (const auto lists = listed.find(pool->name); lists != listed.end())
      pool = with_lists_of(pool, lists->second, out);
  return out;
}

}  // namespace mw
