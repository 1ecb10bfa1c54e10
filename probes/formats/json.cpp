// Follows the pointer while nlohmann's SAX parser reads: what is kept is one short frame per open container.
#include "probes/formats/json.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace mw {

namespace {

using Json = nlohmann::json;
using Found = std::variant<std::string, JsonTrouble>;

/// The reference tokens of a pointer, "~1" and "~0" undone; nothing when it is no pointer.
std::optional<std::vector<std::string>> tokens_of(std::string_view pointer) {
  std::vector<std::string> tokens;
  if (!pointer.empty() && pointer.front() != '/') return std::nullopt;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      tokens.emplace_back();
    } else if (pointer[i] != '~') {
      tokens.back() += pointer[i];
    } else {
      const char code = ++i < pointer.size() ? pointer[i] : '\0';
      if (code != '0' && code != '1') return std::nullopt;
      tokens.back() += code == '0' ? '~' : '/';
    }
  }
  return tokens;
}

/// An object or array that is open where the parser stands.
struct Frame {
  bool array = false;
  bool on_path = false;       ///< the pointer leads to it or through it
  bool child_wanted = false;  ///< objects: the last key is the pointer's
  bool wanted_seen = false;   ///< objects: that key has been there
  std::size_t next_index = 0;
};

/// The parser's events; a handler that returns false ends the parse.
class Walk {
 public:
  explicit Walk(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {}

  bool null() { return scalar("null"); }
  bool boolean(bool value) { return scalar(value ? "true" : "false"); }
  /// Called for what begins with a minus; a zero among these was written "-0".
  bool number_integer(Json::number_integer_t value) { return scalar(value == 0 ? "-0" : std::to_string(value)); }
  bool number_unsigned(Json::number_unsigned_t value) { return scalar(std::to_string(value)); }
  bool number_float(Json::number_float_t, const std::string& written) { return scalar(written); }
  bool string(const std::string& value) { return scalar(value); }
  bool binary(const Json::binary_t&) { return fail(JsonTrouble::malformed); }
  bool start_object(std::size_t) { return open(false); }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(true); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) {
    return fail(JsonTrouble::malformed);
  }

  bool key(const std::string& written) {
    if (written.size() > kJsonStringLimit) return fail(JsonTrouble::too_large);
    Frame& object = frames_.back();
    object.child_wanted = object.on_path && frames_.size() <= tokens_.size() && written == wanted_token();
    if (object.child_wanted && object.wanted_seen) return fail(JsonTrouble::duplicate_key);
    object.wanted_seen = object.wanted_seen || object.child_wanted;
    return true;
  }

  /// `sound`: the parser came to the end.
  Found result(bool sound) && {
    if (!sound) return trouble_.value_or(JsonTrouble::malformed);
    return std::move(found_);
  }

 private:
  /// What the pointer asks of the innermost open container.
  const std::string& wanted_token() const { return tokens_[frames_.size() - 1]; }

  /// Whether the pointer leads to, or through, the value that begins here.
  bool on_path() {
    if (frames_.empty()) return true;
    Frame& parent = frames_.back();
    const std::size_t index = parent.next_index++;
    if (!parent.on_path || frames_.size() > tokens_.size()) return false;
    return parent.array ? wanted_token() == std::to_string(index) : parent.child_wanted;
  }

  bool is_target(bool on_path) const { return on_path && frames_.size() == tokens_.size(); }

  bool scalar(const std::string& text) {
    if (text.size() > kJsonStringLimit) return fail(JsonTrouble::too_large);
    if (is_target(on_path())) found_ = text;
    return true;
  }

  bool open(bool array) {
    if (frames_.size() == kJsonDepthLimit) return fail(JsonTrouble::too_deep);
    const bool reached = on_path();
    if (is_target(reached)) found_ = JsonTrouble::not_a_scalar;
    frames_.push_back({array, reached});
    return true;
  }

  bool close() {
    frames_.pop_back();
    return true;
  }

  bool fail(JsonTrouble trouble) {
    if (!trouble_) trouble_ = trouble;
    return false;
  }

  std::vector<std::string> tokens_;
  std::vector<Frame> frames_;
  Found found_ = JsonTrouble::absent;
  std::optional<JsonTrouble> trouble_;
};

/// What nlohmann's lexer lets pass: it takes NUL for the end, and skips a byte order mark.
bool has_what_json_has_not(std::string_view document) {
  return document.find('\0') != std::string_view::npos || document.starts_with("\xEF\xBB\xBF");
}

}  // namespace

std::string_view name(JsonTrouble trouble) {
  constexpr std::array<std::string_view, 6> kNames = {"not well-formed", "nested too deeply", "too large",
                                                      "a key twice",     "not there",         "not a single value"};
  return kNames.at(static_cast<std::size_t>(trouble));
}

bool is_json_pointer(std::string_view text) { return tokens_of(text).has_value(); }

std::variant<std::string, JsonTrouble> json_at(std::string_view document, std::string_view pointer) {
  if (document.size() > kJsonLimit) return JsonTrouble::too_large;
  if (has_what_json_has_not(document)) return JsonTrouble::malformed;
  auto tokens = tokens_of(pointer);
  if (!tokens) return JsonTrouble::absent;
  Walk walk(std::move(*tokens));
  const bool sound = Json::sax_parse(document.begin(), document.end(), &walk);
  return std::move(walk).result(sound);
}

}  // namespace mw
