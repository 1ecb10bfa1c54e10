// One scalar out of an untrusted JSON document, without ever building the document. Pure.
// The only reader of JSON in probes/; nlohmann stays in the .cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace mw {

inline constexpr std::size_t kJsonLimit = 16 * 1024 * 1024;   ///< bytes of a document
inline constexpr std::size_t kJsonStringLimit = 1024 * 1024;  ///< bytes of one key or string
inline constexpr std::size_t kJsonDepthLimit = 64;            ///< objects and arrays within each other

enum class JsonTrouble : std::uint8_t { malformed, too_deep, too_large, duplicate_key, absent, not_a_scalar };

std::string_view name(JsonTrouble);

/// The scalar that an RFC 6901 pointer leads to, as text: strings decoded, numbers as they were written,
/// true/false/null. The whole document must be sound: bytes after it, a byte order mark, NUL, lone surrogates,
/// numbers past a double's range and a key that stands twice on the way are refused. "" is the document itself; a
/// pointer that is_json_pointer() refuses leads nowhere.
std::variant<std::string, JsonTrouble> json_at(std::string_view document, std::string_view pointer);

/// Whether this is an RFC 6901 pointer: "" or "/…", with "~" only in "~0" and "~1".
bool is_json_pointer(std::string_view text);

}  // namespace mw
