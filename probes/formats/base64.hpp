// Base64 of RFC 4648 §4, with padding. Pure; strict: one text for one value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mw {

std::string base64(std::string_view bytes);

/// Nothing for any text that base64() would not have written: no blanks, no missing padding, no stray bits at the end.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace mw
