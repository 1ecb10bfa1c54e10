// What stands behind the question mark of a URI, as names and values (the form's encoding of the WHATWG URL standard).
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw {

/// '+' is a blank, %XX a byte; a '%' that no two hexadecimal digits follow stays as it is.
std::string decode_form(std::string_view text);

/// All values of `name`, decoded, in the order of the query.
std::vector<std::string> query_values(std::string_view query, std::string_view name);

/// The first of them.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace mw
