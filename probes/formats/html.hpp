// Tells a web page from the file one asked for: captive portals, error pages with status 200. Pure.
#pragma once

#include <string_view>

namespace mw {

/// By its first 1024 bytes: after a byte order mark, blanks, comments and an XML declaration, an element that only
/// pages begin with.
bool looks_like_html(std::string_view body);

}  // namespace mw
