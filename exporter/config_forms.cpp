// Scalars: reading and printing one value of each form. Pure.
#include "exporter/config_forms.hpp"

#include <algorithm>
#include <array>

#include "probes/duration.hpp"
#include "probes/formats/text.hpp"
#include "probes/pattern.hpp"

namespace mw {

namespace {

std::string quoted(std::string_view value) { return "'" + printable(value, 64) + "'"; }

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::optional<std::string> text_problem(const std::string& text, std::size_t most) {
  if (text.empty()) return "is empty";
  if (characters(text) > most) return "is longer than " + std::to_string(most) + " characters";
  if (printable(text, text.size() + 1) != text) return "holds a control or invisible character";
  if (text.front() == ' ' || text.back() == ' ') return "begins or ends with a space";
  return std::nullopt;
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_port(std::string_view text) {
  const bool digits = !text.empty() && text.size() <= 5 &&
                      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  const int port = digits ? std::stoi(std::string(text)) : 0;
  return port >= 1 && port <= 65535;
}

/// "address", "v4:port" or "[v6]:port".
bool is_resolver(std::string_view text) {
  if (parse_address(text)) return true;
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) return false;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = parse_address(host);
  return address && address->v6 == bracketed;
}

}  // namespace

Form<std::string> checked_string(std::string expects,
                                 std::function<std::optional<std::string>(const std::string&)> trouble) {
  Form<std::string> form;
  form.expects = std::move(expects);
  form.read = [expected = form.expects, trouble = std::move(trouble)](const Spot& spot) -> std::optional<std::string> {
    if (!spot.is(TomlNode::Kind::string, expected)) return std::nullopt;
    if (const auto wrong = trouble(spot.node->text)) {
      spot.fail(*wrong + ", expected " + expected);
      return std::nullopt;
    }
    return spot.node->text;
  };
  form.print = [](const std::string& value) { return value.empty() ? std::string() : quote_toml(value); };
  return form;
}

Form<bool> flag() {
  Form<bool> form;
  form.expects = "true or false";
  form.read = [expects = form.expects](const Spot& spot) -> std::optional<bool> {
    if (!spot.is(TomlNode::Kind::boolean, expects)) return std::nullopt;
    return spot.node->boolean;
  };
  form.print = [](const bool& value) { return std::string(value ? "true" : "false"); };
  return form;
}

Form<int> whole(int low, int high) {
  Form<int> form;
  form.expects = "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
  form.read = [=, expects = form.expects](const Spot& spot) -> std::optional<int> {
    if (!spot.is(TomlNode::Kind::integer, expects)) return std::nullopt;
    if (spot.node->integer >= low && spot.node->integer <= high) return static_cast<int>(spot.node->integer);
    spot.fail(std::to_string(spot.node->integer) + " is out of range, expected " + expects);
    return std::nullopt;
  };
  form.print = [](const int& value) { return std::to_string(value); };
  return form;
}

Form<std::size_t> whole_size(int low, int high) {
  Form<std::size_t> form;
  const Form<int> number = whole(low, high);
  form.expects = number.expects;
  form.read = [number](const Spot& spot) -> std::optional<std::size_t> {
    const auto value = number.read(spot);
    return value ? std::optional(static_cast<std::size_t>(*value)) : std::nullopt;
  };
  form.print = [](const std::size_t& value) { return std::to_string(value); };
  return form;
}

Form<Duration> span(Duration low, Duration high) {
  Form<Duration> form;
  form.expects = "a duration from " + format_duration(low) + " to " + format_duration(high);
  form.read = [=, expects = form.expects](const Spot& spot) -> std::optional<Duration> {
    if (!spot.is(TomlNode::Kind::string, expects + ", such as \"30s\"")) return std::nullopt;
    const auto value = parse_duration(spot.node->text);
    if (value && *value >= low && *value <= high) return value;
    if (value)
      spot.fail(quoted(spot.node->text) + " is out of range, expected " + expects);
    else
      spot.fail(quoted(spot.node->text) +
                " is not a duration, expected numbers with units d, h, m, s, ms, such as 1h30m");
    return std::nullopt;
  };
  form.print = [](const Duration& value) { return quote_toml(format_duration(value)); };
  return form;
}

namespace {

struct ByteUnit {
  std::string_view name;
  unsigned shift;
};
constexpr std::array<ByteUnit, 5> kByteUnits = {{{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}}};

/// Digits and one unit; nothing when it is neither, or more than fits.
std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  for (const ByteUnit& unit : kByteUnits) {
    if (!text.ends_with(unit.name)) continue;
    const auto count = parse_decimal(text.substr(0, text.size() - unit.name.size()));
    if (!count || *count > (UINT64_MAX >> unit.shift)) return std::nullopt;
    return *count << unit.shift;
  }
  return std::nullopt;
}

/// In the largest unit that leaves no rest.
std::string format_bytes(std::uint64_t bytes) {
  for (const ByteUnit& unit : kByteUnits)
    if (bytes != 0 && bytes % (std::uint64_t{1} << unit.shift) == 0)
      return std::to_string(bytes >> unit.shift) + std::string(unit.name);
  return std::to_string(bytes);
}

}  // namespace

Form<std::uint64_t> byte_count(std::uint64_t low, std::uint64_t high) {
  Form<std::uint64_t> form;
  form.expects = "bytes from " + format_bytes(low) + " to " + format_bytes(high);
  form.read = [=, expects = form.expects](const Spot& spot) -> std::optional<std::uint64_t> {
    if (!spot.is(TomlNode::Kind::string, expects + ", such as \"512MiB\"")) return std::nullopt;
    const auto value = parse_bytes(spot.node->text);
    if (value && *value >= low && *value <= high) return value;
    spot.fail(quoted(spot.node->text) + (value
                                             ? " is out of range, expected " + expects
                                             : " is no number of bytes, expected digits and B, KiB, MiB, GiB or TiB"));
    return std::nullopt;
  };
  form.print = [](const std::uint64_t& value) { return quote_toml(format_bytes(value)); };
  return form;
}

Form<std::string> text(std::string expects, std::size_t most) {
  return checked_string(std::move(expects), [most](const std::string& value) { return text_problem(value, most); });
}

Form<std::string> any_text(std::string expects, std::size_t most) {
  return checked_string(std::move(expects), [most](const std::string& value) -> std::optional<std::string> {
    if (value.empty()) return "is empty";
    if (value.size() > most) return "is longer than " + std::to_string(most) + " bytes";
    return std::nullopt;
  });
}

Form<std::string> name_form() { return text("a name of 1 to 64 printable characters", 64); }

Form<std::string> file_path() { return text("the path of a file", 4096); }

Form<std::string> one_of(std::vector<std::string> words) {
  Form<std::string> form = text("", 64);
  for (const std::string& word : words) form.expects += (form.expects.empty() ? "one of " : ", ") + word;
  form.read = [words, expects = form.expects](const Spot& spot) -> std::optional<std::string> {
    if (!spot.is(TomlNode::Kind::string, expects)) return std::nullopt;
    if (std::find(words.begin(), words.end(), spot.node->text) != words.end()) return spot.node->text;
    spot.fail(quoted(spot.node->text) + " is not known" + suggestion(spot.node->text, words));
    return std::nullopt;
  };
  return form;
}

Form<std::string> pattern() {
  return checked_string("a regular expression (RE2 syntax)",
                        [](const std::string& value) -> std::optional<std::string> {
                          if (value.empty()) return "is empty";
                          if (value.size() > 4096) return "is longer than 4096 bytes";
                          const auto error = regex_error(value);
                          if (!error) return std::nullopt;
                          return "is not valid: " + printable(*error);
                        });
}

Form<std::string> request_path() {
  return checked_string("a path such as dists/", [](const std::string& value) -> std::optional<std::string> {
    if (value.empty()) return "is empty";
    if (value.size() > 4096) return "is longer than 4096 bytes";
    if (value.find("://") < value.find('?')) return "is a whole URL";
    const auto is_bad = [](char c) { return c <= 0x20 || c >= 0x7F || c == '\\' || c == '#'; };
    if (std::any_of(value.begin(), value.end(), is_bad)) return "holds a character that must be percent-encoded";
    return std::nullopt;
  });
}

Form<std::string> contact() {
  constexpr auto kExpects = "1 to 256 ASCII characters without parentheses, such as mailto:mirrors@example.org";
  return checked_string(kExpects, [](const std::string& value) -> std::optional<std::string> {
    if (value.empty()) return "is empty";
    if (value.size() > 256) return "is longer than 256 characters";
    const auto is_bad = [](char c) { return c < 0x20 || c >= 0x7F || c == '(' || c == ')' || c == '\\'; };
    if (std::any_of(value.begin(), value.end(), is_bad)) return "holds a character that a User-Agent may not";
    return std::nullopt;
  });
}

Form<std::string> sha256() {
  Form<std::string> form = checked_string("64 hexadecimal digits", [](const std::string& value) {
    const bool good = value.size() == 64 && std::all_of(value.begin(), value.end(), is_hex);
    return good ? std::nullopt : std::optional<std::string>("is not a SHA-256 digest");
  });
  form.read = [read = form.read](const Spot& spot) {
    auto digest = read(spot);
    if (digest)
      for (char& c : *digest)
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    return digest;
  };
  return form;
}

Form<std::string> resolver() {
  return checked_string(
      "an IP address such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53", [](const std::string& value) {
        return is_resolver(value) ? std::nullopt : std::optional(quoted(value) + " is not the address of a resolver");
      });
}

Form<Language> language_form() {
  const Form<std::string> word = one_of({"en", "zh"});
  Form<Language> form;
  form.expects = word.expects;
  form.read = [word](const Spot& spot) -> std::optional<Language> {
    const auto value = word.read(spot);
    if (!value) return std::nullopt;
    return *value == "zh" ? Language::chinese : Language::english;
  };
  form.print = [](const Language& language) { return quote_toml(language == Language::chinese ? "zh" : "en"); };
  return form;
}

Form<CheckKind> check_kind() {
  std::vector<std::string> words;
  for (const CheckKind kind : kCheckKinds) words.emplace_back(name(kind));
  const Form<std::string> word = one_of(words);
  Form<CheckKind> form;
  form.expects = word.expects;
  form.read = [word](const Spot& spot) -> std::optional<CheckKind> {
    const auto value = word.read(spot);
    for (const CheckKind kind : kCheckKinds)
      if (value && *value == name(kind)) return kind;
    return std::nullopt;
  };
  form.print = [](const CheckKind& kind) { return quote_toml(name(kind)); };
  return form;
}

Form<Expression> condition() {
  Form<Expression> form;
  form.expects = "a condition such as \"sync_lag > 6h\"";
  form.read = [expects = form.expects](const Spot& spot) -> std::optional<Expression> {
    if (!spot.is(TomlNode::Kind::string, expects)) return std::nullopt;
    const auto parsed = parse_expression(spot.node->text);
    if (const auto* good = std::get_if<Expression>(&parsed)) return *good;
    const auto& error = std::get<ConditionError>(parsed);
    Position at = spot.node->at;  // of the opening quote
    at.column += static_cast<unsigned>(1 + characters(std::string_view(spot.node->text).substr(0, error.column)));
    spot.reading->fail_at(at, spot.path, error.what);
    return std::nullopt;
  };
  form.print = [](const Expression& value) { return value.empty() ? std::string() : quote_toml(to_string(value)); };
  return form;
}

bool is_list(const Spot& spot, const std::string& expects, std::size_t most) {
  if (!spot.is(TomlNode::Kind::array, expects)) return false;
  if (spot.node->items.empty()) spot.fail("is empty, expected " + expects);
  if (spot.node->items.size() <= most) return !spot.node->items.empty();
  spot.fail("has " + std::to_string(spot.node->items.size()) + " items, expected at most " + std::to_string(most));
  return false;
}

}  // namespace mw
