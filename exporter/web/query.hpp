// The parts of a URI: of its path, and what stands behind the question mark, as names and values (the form's encoding
// of the WHATWG URL standard). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw {

/// '+' is a blank, %XX a byte; a '%' that no two hexadecimal digits follow stays as it is.
std::string decode_form(std::string_view text);

/// %XX is a byte and nothing else is special, as in a path (RFC 3986).
std::string decode_path(std::string_view text);

/// The parts of a path between its slashes, each decoded: a slash within a name comes as %2F. "a/b%2Fc" is "a", "b/c".
std::vector<std::string> path_parts(std::string_view path);

/// All values of `name`, decoded, in the order of the query.
std::vector<std::string> query_values(std::string_view query, std::string_view name);

/// The first of them.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace mw
