// How one key of a blackbox_exporter configuration becomes lines of ours: the tables of keys, and what they write to.
// Knows nothing of files or of the command line.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/config.hpp"
#include "exporter/yaml_tree.hpp"

namespace mw::blackbox {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A table of TOML while it is written: its own lines come before its sub-tables.
struct Block {
  std::string header;  ///< module.http
  std::string lines{};
  std::string tables{};
  Pairs headers{};       ///< HTTP headers come from more than one key of YAML
  Pairs header_files{};  ///< the same, each with the file that its value comes from

  void set(std::string_view key, const std::string& value);
  void remark(const std::string& text);
  /// Takes in a finished sub-table; an array's item in double brackets. An empty one is left out unless it is an item.
  void add(Block table, bool is_item = false);
};

/// What is learned on the way.
struct Import {
  std::string file;
  std::string module;  ///< the one at hand, as part of the names of files for its secrets
  std::vector<ConfigError> warnings;
  std::vector<ConfigError> errors;
  std::set<std::string> secret_files;
  std::vector<std::string> taken;  ///< the paths of the modules that were taken over, in order
};

/// One value of the YAML, and where it goes.
struct YamlSpot {
  const YamlNode* node;
  std::string path;
  std::string_view key;  ///< in TOML
  Import* import;

  YamlSpot member(const YamlMember& member, std::string_view as = "") const;
  YamlSpot item(std::size_t index) const;
  void fail(const std::string& what) const;
  /// Tells, and leaves a comment in its place.
  void warn(const std::string& what, Block& into) const;
  /// Whether it is of that kind; nothing at all (null) is not, but is no mistake either.
  bool is(YamlNode::Kind kind, std::string_view expects) const;
};

struct YamlRow {
  std::string_view key;
  void (*write)(const YamlSpot&, Block&);
  std::string_view as = "";  ///< the key in TOML, if it is another one
};

/// Each key of the map by its row; keys without one are mistakes, as they are to blackbox_exporter.
void walk(const YamlSpot& map, std::span<const YamlRow> rows, Block& into);

std::span<const YamlRow> http_rows();
std::span<const YamlRow> tcp_rows();
std::span<const YamlRow> dns_rows();
std::span<const YamlRow> icmp_rows();
/// Of a prober that is not spoken here: its keys are known, and lead nowhere.
std::span<const YamlRow> unspoken_rows(std::string_view prober);

// ---- what rows write with -----------------------------------------------------------------------------------

void copy_text(const YamlSpot&, Block&);
void copy_flag(const YamlSpot&, Block&);
void copy_number(const YamlSpot&, Block&);  ///< 0 = not set
void copy_numbers(const YamlSpot&, Block&);
void copy_texts(const YamlSpot&, Block&);
void copy_patterns(const YamlSpot&, Block&);
void copy_duration(const YamlSpot&, Block&);
void copy_size(const YamlSpot&, Block&);
void copy_tls(const YamlSpot&, Block&);
/// { A = "b", C = "d" }
std::string inline_table(const Pairs&);
/// KEY_file = a file that is still to be made.
void secret_to_file(const YamlSpot&, Block&);
/// Not taken over.
void drop(const YamlSpot&, Block&);
/// Known, and nothing to us.
void ignore(const YamlSpot&, Block&);

std::optional<std::string> text_of(const YamlSpot&);  ///< nothing (and no complaint) for null
std::optional<bool> flag_of(const YamlSpot&);
/// A new name below /etc/mirrorwarden, for what must not stand in the output.
std::string file_for(const YamlSpot&, std::string_view what);
/// Whether a header of that name is likely to hold a secret.
bool holds_secret(std::string_view header);

}  // namespace mw::blackbox
