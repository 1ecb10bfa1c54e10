// Values of YAML as values of TOML: each kind as blackbox_exporter's reader takes it. Pure.
#include "exporter/blackbox_rows.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "exporter/fields.hpp"
#include "probes/duration.hpp"
#include "probes/formats/text.hpp"
#include "probes/module.hpp"
#include "probes/pattern.hpp"

namespace mw::blackbox {

namespace {

constexpr auto kSecretFolder = "/etc/mirrorwarden/";

std::string quoted(std::string_view text) { return "'" + printable(text, 64) + "'"; }

/// As a list of TOML, on one line.
std::string list(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out += (out.empty() ? "[" : ", ") + value;
  return out + "]";
}

/// `write` for each item, each value once; what it leaves out is left out.
void copy_list(const YamlSpot& spot, Block& into, std::optional<std::string> (*write)(const YamlSpot&)) {
  if (!spot.is(YamlNode::Kind::sequence, "a list")) return;
  std::vector<std::string> values;
  for (std::size_t i = 0; i < spot.node->items.size(); ++i)
    if (auto value = write(spot.item(i)); value && std::find(values.begin(), values.end(), *value) == values.end())
      values.push_back(std::move(*value));
  if (!values.empty()) into.set(spot.key, list(values));
}

std::optional<std::int64_t> number_of(const YamlSpot& spot) {
  const auto text = text_of(spot);
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const char* const last = text->data() + text->size();
  const auto [end, error] = std::from_chars(text->data(), last, value);
  if (error == std::errc{} && end == last) return value;
  spot.fail(quoted(*text) + " is no whole number");
  return std::nullopt;
}

/// A decimal number at the front, and cuts it off.
std::optional<double> take_decimal(std::string_view& text) {
  const auto is_part = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  const auto end = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_part) - text.begin());
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + end, value);
  if (end == 0 || error != std::errc{} || stop != text.data() + end) return std::nullopt;
  text.remove_prefix(end);
  return value;
}

struct Scale {
  std::string_view unit;
  double factor;
};

/// Cuts off the unit at the front; the longest one first where one begins like another.
std::optional<double> take_unit(std::string_view& text, std::span<const Scale> scales) {
  for (const Scale& each : scales) {
    if (!text.starts_with(each.unit)) continue;
    text.remove_prefix(each.unit.size());
    return each.factor;
  }
  return std::nullopt;
}

/// Numbers, each with its unit, as the sum.
std::optional<double> sum_of(std::string_view text, std::span<const Scale> scales) {
  double total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto number = take_decimal(text);
    const auto factor = take_unit(text, scales);
    if (!number || !factor) return std::nullopt;
    total += *number * *factor;
  }
  return total;
}

constexpr std::array<Scale, 7> kTimes = {
    {{"ns", 1}, {"us", 1e3}, {"\u00b5s", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
constexpr double kKilo = 1024;
constexpr std::array<Scale, 9> kSizes = {{{"KiB", kKilo},
                                          {"KB", kKilo},
                                          {"MiB", kKilo* kKilo},
                                          {"MB", kKilo* kKilo},
                                          {"GiB", kKilo* kKilo* kKilo},
                                          {"GB", kKilo* kKilo* kKilo},
                                          {"TiB", kKilo* kKilo* kKilo* kKilo},
                                          {"TB", kKilo* kKilo* kKilo* kKilo},
                                          {"B", 1}}};

std::optional<std::string> pattern_of(const YamlSpot& spot) {
  const auto text = text_of(spot);
  if (!text) return std::nullopt;
  if (const auto error = regex_error(*text)) {
    spot.fail("is not valid: " + printable(*error) + ", expected a regular expression (RE2 syntax)");
    return std::nullopt;
  }
  return quote_toml(text->empty() ? "(?:)" : *text);  // an empty one matches everything, and is refused as a mistake
}

/// A name that can be part of a path.
std::string file_word(std::string_view text) {
  std::string word(text.substr(0, 64));
  for (char& c : word) {
    const bool fits =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!fits) c = '_';
  }
  return word;
}

// ---- tls_config ---------------------------------------------------------------------------------------------

/// PEM in the text itself.
void pem_to_file(const YamlSpot& spot, Block& into) {
  if (!text_of(spot)) return;
  const std::string path = file_for(spot, std::string(spot.path.substr(spot.path.rfind('.') + 1)) + ".pem");
  spot.warn("stands in the configuration itself, expected a file: write it to " + path, into);
  into.set(spot.key, quote_toml(path));
}

constexpr YamlRow kTls[] = {
    {"insecure_skip_verify", copy_flag},
    {"ca_file", copy_text},
    {"cert_file", copy_text},
    {"key_file", copy_text},
    {"server_name", copy_text},
    {"min_version", copy_text},
    {"max_version", copy_text},
    {"ca", pem_to_file, "ca_file"},
    {"cert", pem_to_file, "cert_file"},
    {"key", pem_to_file, "key_file"},
    {"ca_ref", drop},
    {"cert_ref", drop},
    {"key_ref", drop},
};

}  // namespace

// ---- blocks and spots ---------------------------------------------------------------------------------------

void Block::set(std::string_view key, const std::string& value) { lines += toml_key(key) + " = " + value + "\n"; }

void Block::remark(const std::string& text) { lines += "# " + text + "\n"; }

std::string inline_table(const Pairs& pairs) {
  std::string out;
  for (const auto& [key, value] : pairs) out += (out.empty() ? "{ " : ", ") + toml_key(key) + " = " + quote_toml(value);
  return out + " }";
}

void Block::add(Block table, bool is_item) {
  if (!table.headers.empty()) table.set("headers", inline_table(table.headers));
  if (!table.header_files.empty()) table.set("header_files", inline_table(table.header_files));
  if (table.lines.empty() && table.tables.empty() && !is_item) return;
  const std::string title = is_item ? "[[" + table.header + "]]" : "[" + table.header + "]";
  if (!table.lines.empty() || is_item) tables += "\n" + title + "\n" + table.lines;
  tables += table.tables;
}

YamlSpot YamlSpot::member(const YamlMember& member, std::string_view as) const {
  return {&member.value, path + "." + printable(member.key, 80), as.empty() ? std::string_view(member.key) : as,
          import};
}

YamlSpot YamlSpot::item(std::size_t index) const {
  return {&node->items[index], path + "[" + std::to_string(index) + "]", key, import};
}

void YamlSpot::fail(const std::string& what) const {
  import->errors.push_back({import->file, node->at.line, node->at.column, path, what});
}

void YamlSpot::warn(const std::string& what, Block& into) const {
  import->warnings.push_back({import->file, node->at.line, node->at.column, path, what});
  into.remark(path + ": " + what);
}

bool YamlSpot::is(YamlNode::Kind kind, std::string_view expects) const {
  if (node->kind == kind) return true;
  if (node->kind != YamlNode::Kind::null)
    fail("is " + std::string(describe(node->kind)) + ", expected " + std::string(expects));
  return false;
}

void walk(const YamlSpot& map, std::span<const YamlRow> rows, Block& into) {
  if (!map.is(YamlNode::Kind::map, "a table")) return;
  for (const YamlMember& member : map.node->members) {
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const YamlRow& each) { return each.key == member.key; });
    if (row != rows.end()) {
      row->write(map.member(member, row->as), into);
      continue;
    }
    std::vector<std::string> known;
    for (const YamlRow& each : rows) known.emplace_back(each.key);
    map.import->errors.push_back({map.import->file, member.at.line, member.at.column,
                                  map.path + "." + printable(member.key, 80),
                                  "is not known to blackbox_exporter 0.28" + suggestion(member.key, known)});
  }
}

// ---- values -------------------------------------------------------------------------------------------------

std::optional<std::string> text_of(const YamlSpot& spot) {
  if (!spot.is(YamlNode::Kind::scalar, "a value")) return std::nullopt;
  return spot.node->text;
}

/// YAML 1.1's words for it are understood where a flag is wanted.
std::optional<bool> flag_of(const YamlSpot& spot) {
  const auto text = text_of(spot);
  if (!text) return std::nullopt;
  const std::string word = lower(*text);
  for (const auto* yes : {"true", "yes", "on", "y"})
    if (word == yes && !spot.node->quoted) return true;
  for (const auto* no : {"false", "no", "off", "n"})
    if (word == no && !spot.node->quoted) return false;
  spot.fail(quoted(*text) + " is no flag, expected true or false");
  return std::nullopt;
}

void copy_text(const YamlSpot& spot, Block& into) {
  const auto text = text_of(spot);
  if (text && !text->empty()) into.set(spot.key, quote_toml(*text));
}

void copy_flag(const YamlSpot& spot, Block& into) {
  if (const auto flag = flag_of(spot)) into.set(spot.key, *flag ? "true" : "false");
}

void copy_number(const YamlSpot& spot, Block& into) {
  const auto number = number_of(spot);
  if (number && *number != 0) into.set(spot.key, std::to_string(*number));
}

void copy_numbers(const YamlSpot& spot, Block& into) {
  copy_list(spot, into, [](const YamlSpot& item) -> std::optional<std::string> {
    const auto number = number_of(item);
    return number ? std::optional(std::to_string(*number)) : std::nullopt;
  });
}

void copy_texts(const YamlSpot& spot, Block& into) {
  copy_list(spot, into, [](const YamlSpot& item) -> std::optional<std::string> {
    const auto text = text_of(item);
    return text ? std::optional(quote_toml(*text)) : std::nullopt;
  });
}

void copy_patterns(const YamlSpot& spot, Block& into) { copy_list(spot, into, pattern_of); }

void copy_duration(const YamlSpot& spot, Block& into) {
  const auto text = text_of(spot);
  if (!text || *text == "0") return;
  const auto nanoseconds = sum_of(*text, kTimes);
  if (!nanoseconds || *nanoseconds > 1e18) return spot.fail(quoted(*text) + " is no duration, expected one such as 5s");
  const Duration duration(static_cast<std::int64_t>(*nanoseconds));
  if (duration.count() != 0) into.set(spot.key, quote_toml(format_duration(duration)));
}

void copy_size(const YamlSpot& spot, Block& into) {
  const auto text = text_of(spot);
  if (!text || *text == "0") return;
  const auto bytes = sum_of(*text, kSizes);
  if (!bytes) return spot.fail(quoted(*text) + " is no number of bytes, expected one such as 10MB");
  if (*bytes > static_cast<double>(kProbeBodyLimit)) spot.warn("is more than is ever read, 64MiB is left of it", into);
  const double kept = std::min(*bytes, static_cast<double>(kProbeBodyLimit));
  if (kept >= 1) into.set(spot.key, quote_toml(std::to_string(static_cast<std::uint64_t>(kept)) + "B"));
}

void copy_tls(const YamlSpot& spot, Block& into) {
  Block table{into.header + "." + std::string(spot.key)};
  walk(spot, kTls, table);
  into.add(std::move(table));
}

// ---- what is not taken over ---------------------------------------------------------------------------------

std::string file_for(const YamlSpot& spot, std::string_view what) {
  const std::string plain = file_word(spot.import->module) + "-" + std::string(what);
  std::string name = plain;
  for (int n = 2; !spot.import->secret_files.insert(name).second; ++n) name = plain + "-" + std::to_string(n);
  return kSecretFolder + name;
}

void secret_to_file(const YamlSpot& spot, Block& into) {
  if (!text_of(spot)) return;
  const std::string path = file_for(spot, spot.key);
  spot.warn("is a secret, which may not stand in a configuration: write it to " + path, into);
  into.set(std::string(spot.key) + "_file", quote_toml(path));
}

bool holds_secret(std::string_view header) {
  const std::string name = lower(header);
  constexpr std::array kSigns = {"authorization", "token",  "secret",     "password",
                                 "key",           "cookie", "credential", "session"};
  return std::any_of(kSigns.begin(), kSigns.end(),
                     [&](const char* sign) { return name.find(sign) != std::string::npos; });
}

void drop(const YamlSpot& spot, Block& into) {
  if (spot.node->kind != YamlNode::Kind::null) spot.warn("cannot be taken over, and is left out", into);
}

void ignore(const YamlSpot& /*spot*/, Block& /*into*/) {}

}  // namespace mw::blackbox
