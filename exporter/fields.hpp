// Field tables: one row per key, used to read, to find unknown keys, to print and to document. A row never
// knows who reads it; what the values mean is config_tables.cpp's business.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/config.hpp"
#include "exporter/toml_tree.hpp"

namespace mw {

/// One reading of one text: where everything is, what is wrong with it, where secrets come from.
class Reading {
 public:
  Reading(std::string file, const SecretSource& secrets) : secrets_(secrets), file_(std::move(file)) {}

  void place(const std::string& path, Position at) { places_[path] = at; }
  bool has(const std::string& path) const { return places_.contains(path); }
  /// Of the path, or of the nearest thing around it that is in the text.
  Position position(std::string path) const;
  void fail(const std::string& path, std::string what) { fail_at(position(path), path, std::move(what)); }
  void fail_at(Position at, const std::string& path, std::string what);
  const SecretSource& secrets() const { return secrets_; }
  bool ok() const { return errors_.empty(); }
  /// In the order of the text.
  std::vector<ConfigError> errors() const;

 private:
  const SecretSource& secrets_;
  std::string file_;
  std::map<std::string, Position> places_;
  std::vector<ConfigError> errors_;
};

/// One value in the text, and what to call it.
struct Spot {
  const TomlNode* node;
  std::string path;
  Reading* reading;

  Spot item(std::size_t index) const;
  Spot member(const TomlMember& member) const;
  std::string path_of(std::string_view key) const;
  void fail(std::string what) const { reading->fail(path, std::move(what)); }
  /// Whether it is of that kind; complains if not.
  bool is(TomlNode::Kind kind, const std::string& expects) const;
};

/// ", did you mean 'x'?" or ", expected one of a, b" or nothing.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

/// How values of one form are read and printed.
template <class V>
struct Form {
  std::string expects;                                ///< completes "expected …"
  std::function<std::optional<V>(const Spot&)> read;  ///< complains by itself
  std::function<std::string(const V&)> print;         ///< a TOML value; empty = nothing is set
};

enum class Need : std::uint8_t { optional, required, hidden };

template <class T>
struct Field {
  std::string key;
  std::string expects;
  std::string doc;
  Need need = Need::optional;  ///< hidden: understood, but neither suggested nor documented
  std::string fallback;        ///< the default: a TOML value that is read when the key is absent …
  std::string fallback_words;  ///< … or words, when it depends on other keys
  std::optional<TomlNode> fallback_node;
  std::function<void(const Spot&, T&)> read;
  std::function<std::string(const T&)> print;  ///< a TOML value; empty = nothing to show
  /// Instead of print, for tables that get their own [header].
  std::function<std::string(const T&, const std::string& header)> section;
};

template <class T>
using Fields = std::vector<Field<T>>;

// ---- making rows --------------------------------------------------------------------------------------------

/// `access` is a pointer to member, or a generic lambda that returns a reference.
template <class T, class V, class Access>
Field<T> field(std::string key, Access access, Form<V> form, std::string doc) {
  Field<T> row;
  row.key = std::move(key);
  row.expects = form.expects;
  row.doc = std::move(doc);
  row.read = [access, read = form.read](const Spot& spot, T& into) {
    if (auto value = read(spot)) std::invoke(access, into) = std::move(*value);
  };
  row.print = [access, print = form.print](const T& from) { return print(std::invoke(access, from)); };
  return row;
}

template <class T>
Field<T> required(Field<T> row) {
  row.need = Need::required;
  return row;
}

/// The default, as the TOML value it stands for.
template <class T>
Field<T> otherwise(Field<T> row, const std::string& fallback) {
  row.fallback = fallback;
  const auto parsed = parse_toml("x = " + fallback);
  row.fallback_node = *std::get<TomlNode>(parsed).find("x");
  return row;
}

template <class T>
Field<T> otherwise_words(Field<T> row, std::string words) {
  row.fallback_words = std::move(words);
  return row;
}

// ---- reading ------------------------------------------------------------------------------------------------

template <class T>
std::vector<std::string> known_keys(const Fields<T>& fields) {
  std::vector<std::string> keys;
  for (const Field<T>& row : fields)
    if (row.need != Need::hidden) keys.push_back(row.key);
  return keys;
}

void unknown_key(const Spot& table, const TomlMember& member, const std::vector<std::string>& known);
void missing_key(const Spot& table, std::string_view key, const std::string& expects);

template <class T>
const Field<T>* find_field(const Fields<T>& fields, std::string_view key) {
  for (const Field<T>& row : fields)
    if (row.key == key) return &row;
  return nullptr;
}

template <class T>
void read_absent(const Spot& table, const Field<T>& row, T& into) {
  if (row.need == Need::required) missing_key(table, row.key, row.expects);
  if (row.fallback_node) row.read(Spot{&*row.fallback_node, table.path_of(row.key), table.reading}, into);
}

template <class T>
void read_table(const Spot& table, const Fields<T>& fields, T& into) {
  if (!table.is(TomlNode::Kind::table, "a table")) return;
  for (const Field<T>& row : fields)
    if (table.node->find(row.key) == nullptr) read_absent(table, row, into);
  for (const TomlMember& member : table.node->members) {
    if (const Field<T>* row = find_field(fields, member.key))
      row->read(table.member(member), into);
    else
      unknown_key(table, member, known_keys(fields));
  }
}

// ---- printing -----------------------------------------------------------------------------------------------

/// The keys of a table, then its sub-tables under `header` (empty for the root).
template <class T>
std::string print_table(const T& from, const Fields<T>& fields, const std::string& header) {
  std::string out;
  for (const Field<T>& row : fields) {
    const std::string value = row.print ? row.print(from) : "";
    if (!value.empty()) out += toml_key(row.key) + " = " + value + "\n";
  }
  for (const Field<T>& row : fields)
    if (row.section) out += row.section(from, header.empty() ? row.key : header + "." + row.key);
  return out;
}

/// On one line, in braces.
template <class T>
std::string print_inline(const T& from, const Fields<T>& fields) {
  std::string out;
  for (const Field<T>& row : fields) {
    const std::string value = row.print ? row.print(from) : "";
    if (!value.empty()) out += (out.empty() ? "{ " : ", ") + toml_key(row.key) + " = " + value;
  }
  return out + " }";
}

// ---- tables within tables -----------------------------------------------------------------------------------

/// [key]
template <class T, class U, class Access>
Field<T> sub_table(std::string key, Access access, const Fields<U>& fields, std::string doc) {
  Field<T> row;
  row.key = std::move(key);
  row.expects = "a table";
  row.doc = std::move(doc);
  row.read = [access, &fields](const Spot& spot, T& into) { read_table(spot, fields, std::invoke(access, into)); };
  row.section = [access, &fields](const T& from, const std::string& header) {
    return "\n[" + header + "]\n" + print_table(std::invoke(access, from), fields, header);
  };
  return row;
}

/// Complains about what is no array of tables, or is longer than `most`.
bool is_table_list(const Spot& spot, const std::string& expects, std::size_t most);

/// [[key]]. Entries that cannot be read are kept, so that indices go on matching the text.
template <class T, class U, class Access>
Field<T> table_list(std::string key, Access access, const Fields<U>& fields, std::string doc) {
  constexpr std::size_t kMost = 10'000;
  Field<T> row;
  row.key = std::move(key);
  row.expects = "an array of tables";
  row.doc = std::move(doc);
  row.read = [access, &fields](const Spot& spot, T& into) {
    if (!is_table_list(spot, "an array of tables", kMost)) return;
    for (std::size_t i = 0; i < spot.node->items.size(); ++i) {
      U entry{};
      read_table(spot.item(i), fields, entry);
      std::invoke(access, into).push_back(std::move(entry));
    }
  };
  row.section = [access, &fields](const T& from, const std::string& header) {
    std::string out;
    for (const U& entry : std::invoke(access, from))
      out += "\n[[" + header + "]]\n" + print_table(entry, fields, header);
    return out;
  };
  return row;
}

}  // namespace mw
