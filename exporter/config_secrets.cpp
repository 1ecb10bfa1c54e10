// Secrets by reference: from a file or a variable, one source each. No message quotes a value, nor the name of
// a source: somebody may have put the secret itself there. Pure but for the SecretSource it is handed.
#include <algorithm>

#include "exporter/config_forms.hpp"

namespace mw {

namespace {

/// A secret travels in one header line or in a URL.
std::optional<Secret> usable(const Spot& spot, const std::string& value) {
  const bool control =
      std::any_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (value.empty()) spot.fail("leads to an empty secret, expected one line of text");
  if (control) spot.fail("leads to a secret with a line break or control character, expected one line of text");
  if (value.empty() || control) return std::nullopt;
  return Secret(value);
}

bool is_reference(const Spot& spot, const std::string& expects) {
  if (!spot.is(TomlNode::Kind::string, expects)) return false;
  const std::string& text = spot.node->text;
  const bool good = !text.empty() && text.size() <= 4096 && printable(text, text.size() + 1) == text;
  if (!good) spot.fail("is empty or holds a control character, expected " + expects);
  return good;
}

}  // namespace

std::optional<Secret> secret_from_file(const Spot& spot) {
  if (!is_reference(spot, "the path of a file")) return std::nullopt;
  std::string error;
  const auto value = spot.reading->secrets().file(spot.node->text, error);
  if (value) return usable(spot, *value);
  spot.fail(error + ", expected a file that only its owner and group can read");
  return std::nullopt;
}

std::optional<Secret> secret_from_environment(const Spot& spot) {
  if (!is_reference(spot, "the name of an environment variable")) return std::nullopt;
  const auto value = spot.reading->secrets().environment(spot.node->text);
  if (value) return usable(spot, *value);
  spot.fail("names a variable that is not set, expected one that is");
  return std::nullopt;
}

std::optional<Secret> secret_inline(const Spot& spot, Inline mode) {
  if (mode == Inline::refused) {
    const auto key = spot.path.substr(spot.path.rfind('.') + 1);
    spot.fail("may not stand in the configuration itself, expected " + key + "_file or " + key + "_env");
    return std::nullopt;
  }
  if (!spot.is(TomlNode::Kind::string, "a string")) return std::nullopt;
  return usable(spot, spot.node->text);
}

bool is_only_source(const Spot& spot, const std::string& key) {
  const std::string table = spot.path.substr(0, spot.path.rfind('.') + 1);
  for (const auto* suffix : {"", "_file", "_env"}) {
    const std::string other = table + key + suffix;
    if (other == spot.path || !spot.reading->has(other)) continue;
    spot.fail("is given together with '" + key + suffix + "', expected only one of them");
    return false;
  }
  return true;
}

}  // namespace mw
