// Names that differ only in case, for those who must not confuse them: Unicode simple case folding. Pure; no locale.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mw {

/// Well-formed by Unicode's own table: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view text);

/// Two texts fold to the same exactly when they differ in case alone. Never longer than the text. Nothing when the
/// text is not UTF-8.
std::optional<std::string> case_folded(std::string_view text);

}  // namespace mw
