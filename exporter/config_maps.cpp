// Tables whose keys the user chooses: labels, annotations, HTTP headers. Pure.
#include <algorithm>
#include <array>

#include "alerts/template.hpp"
#include "exporter/config_forms.hpp"
#include "probes/formats/text.hpp"
#include "probes/pattern.hpp"

namespace mw {

namespace {

constexpr std::size_t kMostMembers = 64;

using Problem = std::optional<std::string>;

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// What a table's keys and values must be.
struct MapRules {
  std::string expects;
  Problem (*name)(const std::string&);
  Problem (*value)(const std::string&);
};

void read_entry(const Spot& table, const TomlMember& member, const MapRules& rules, Pairs& into) {
  const Spot spot = table.member(member);
  const Problem bad_name = rules.name(member.key);
  if (bad_name) table.reading->fail_at(member.at, spot.path, *bad_name);
  if (!spot.is(TomlNode::Kind::string, "a string")) return;
  const Problem bad_value = rules.value(member.value.text);
  if (bad_value) spot.fail(*bad_value);
  if (!bad_name && !bad_value) into.emplace_back(member.key, member.value.text);
}

std::optional<Pairs> read_map(const Spot& spot, const MapRules& rules) {
  if (!spot.is(TomlNode::Kind::table, rules.expects)) return std::nullopt;
  if (spot.node->members.size() > kMostMembers) {
    spot.fail("has too many keys, expected at most " + std::to_string(kMostMembers));
    return std::nullopt;
  }
  Pairs pairs;
  for (const TomlMember& member : spot.node->members) read_entry(spot, member, rules, pairs);
  return pairs;
}

template <class Map>
std::string print_map(const Map& map) {
  std::string out;
  for (const auto& [key, value] : map) out += (out.empty() ? "{ " : ", ") + toml_key(key) + " = " + quote_toml(value);
  return out.empty() ? out : out + " }";
}

// ---- labels and annotations ---------------------------------------------------------------------------------

Problem label_syntax(const std::string& label) {
  const bool good = !label.empty() && label.size() <= 64 && !(label[0] >= '0' && label[0] <= '9') &&
                    std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '_'; });
  return good ? Problem() : "is not a label name, expected letters, digits and _, not beginning with a digit";
}

Problem label_name(const std::string& label) {
  constexpr std::array<std::string_view, 9> kReserved = {"pool",    "mirror",  "check",     "layer",   "reason",
                                                         "verdict", "vantage", "alertname", "severity"};
  const bool reserved =
      label.starts_with("__") || std::find(kReserved.begin(), kReserved.end(), label) != kReserved.end();
  if (reserved) return "is a reserved label, expected another name";
  return label_syntax(label);
}

Problem label_value(const std::string& value) {
  if (value.empty()) return "is empty, expected 1 to 256 printable bytes";
  if (value.size() > 256) return "is too long, expected 1 to 256 printable bytes";
  if (printable(value) != value) return "holds a control or invisible character, expected 1 to 256 printable bytes";
  return std::nullopt;
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F; }

Problem annotation_value(const std::string& value) {
  if (value.size() > 4096) return "is too long, expected at most 4096 bytes";
  if (std::any_of(value.begin(), value.end(), is_control)) return "holds a control character, expected text";
  return template_trouble(value);
}

Form<Labels> labels_form(const MapRules& rules) {
  Form<Labels> form;
  form.expects = rules.expects;
  form.read = [rules](const Spot& spot) -> std::optional<Labels> {
    const auto pairs = read_map(spot, rules);
    if (!pairs) return std::nullopt;
    return Labels(pairs->begin(), pairs->end());
  };
  form.print = print_map<Labels>;
  return form;
}

// ---- headers ------------------------------------------------------------------------------------------------

/// RFC 9110 §5.6.2: token.
Problem header_token(const std::string& header) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  const auto is_tchar = [&](char c) { return is_alnum(c) || kMarks.find(c) != std::string_view::npos; };
  const bool good = !header.empty() && header.size() <= 128 && std::all_of(header.begin(), header.end(), is_tchar);
  return good ? Problem() : "is not a header name, expected letters, digits and -";
}

Problem sent_header_name(const std::string& header) {
  const std::string name = lower(header);
  for (const auto* own : {"connection", "content-length", "expect", "te", "trailer", "transfer-encoding", "upgrade"})
    if (name == own) return "is a header that the client sets itself, expected another one";
  if (name == "authorization" || name == "proxy-authorization")
    return "would show a secret, expected user with password_file, or bearer_file, instead";
  return header_token(header);
}

Problem module_header_name(const std::string& header) {
  if (lower(header) == "authorization" || lower(header) == "proxy-authorization")
    return "would show a secret, expected basic_auth, authorization or header_files instead";
  return sent_header_name(header);
}

Problem header_value(const std::string& value) {
  constexpr auto kExpected = ", expected printable ASCII on one line";
  if (value.size() > 4096) return "is longer than 4096 bytes" + std::string(kExpected);
  const bool good =
      std::all_of(value.begin(), value.end(), [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\t'; });
  return good ? Problem() : "holds a line break, control or non-ASCII character" + std::string(kExpected);
}

Problem pattern_value(const std::string& value) {
  const auto error = regex_error(value);
  if (!error) return std::nullopt;
  return "is not valid: " + printable(*error) + ", expected a regular expression (RE2 syntax)";
}

/// Header names are the same whatever their case.
void refuse_repeats(const Spot& spot, const Pairs& pairs) {
  Labels seen;
  for (const auto& [key, value] : pairs)
    if (const auto [other, is_new] = seen.emplace(lower(key), key); !is_new)
      spot.reading->fail(spot.path_of(key), "is the same header as '" + other->second + "', expected it once");
}

Form<Pairs> pairs_form(const MapRules& rules) {
  Form<Pairs> form;
  form.expects = rules.expects;
  form.read = [rules](const Spot& spot) {
    auto pairs = read_map(spot, rules);
    if (pairs) refuse_repeats(spot, *pairs);
    return pairs;
  };
  form.print = print_map<Pairs>;
  return form;
}

}  // namespace

Form<Labels> labels() {
  return labels_form({"a table of labels such as { isp = \"cernet\" }", label_name, label_value});
}

Form<Labels> annotations() {
  return labels_form({"a table of texts such as { summary = \"…\" }", label_syntax, annotation_value});
}

Form<Headers> headers() {
  return pairs_form({"a table of headers such as { X-Probe = \"1\" }", sent_header_name, header_value});
}

Form<Headers> module_headers() {
  return pairs_form({"a table of headers such as { X-Probe = \"1\" }", module_header_name, header_value});
}

std::optional<std::string> module_header_trouble(const std::string& header) { return module_header_name(header); }

std::optional<std::string> header_name_trouble(const std::string& header) { return header_token(header); }

Form<Pairs> caught_labels() {
  const MapRules rules = {"a table of labels such as { version = \"${1}\" }", label_syntax, label_value};
  Form<Pairs> form;
  form.expects = rules.expects;
  form.read = [rules](const Spot& spot) { return read_map(spot, rules); };
  form.print = print_map<Pairs>;
  return form;
}

Form<Pairs> header_patterns() {
  Form<Pairs> form =
      pairs_form({"a table of patterns such as { Content-Type = \"text/.*\" }", header_token, pattern_value});
  form.read = [read = form.read](const Spot& spot) {
    auto pairs = read(spot);
    if (pairs)
      for (auto& [key, value] : *pairs) key = lower(key);
    return pairs;
  };
  return form;
}

Form<std::string> label_form() {
  Form<std::string> form;
  form.expects = "the name of a label";
  form.read = [expects = form.expects](const Spot& spot) -> std::optional<std::string> {
    if (!spot.is(TomlNode::Kind::string, expects)) return std::nullopt;
    if (auto problem = label_syntax(spot.node->text)) {
      spot.fail("'" + printable(spot.node->text, 64) + "' " + *problem);
      return std::nullopt;
    }
    return spot.node->text;
  };
  form.print = [](const std::string& label) { return quote_toml(label); };
  return form;
}

}  // namespace mw
