// Regular expressions in linear time (RE2 syntax), so that a hostile body cannot make matching explode.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mw {

/// Why `pattern` is not a valid RE2 expression; nothing if it is.
std::optional<std::string> regex_error(std::string_view pattern);

/// Whether `pattern` matches anywhere in `text`. A pattern that regex_error() refuses matches nothing.
bool regex_matches(std::string_view text, std::string_view pattern);

}  // namespace mw
