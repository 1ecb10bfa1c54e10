// What a reply should look like, from what a request says that it understands (RFC 9110, section 12.5). Pure.
#pragma once

#include <string_view>

#include "exporter/exposition.hpp"

namespace mw {

/// OpenMetrics 1.0 for those who name it and like it no less than the text format. Everybody else gets text 0.0.4, also
/// who asks for something that is neither: a page that can be read beats a 406.
Format format_for(std::string_view accept);

/// Whether gzip is named, or meant by "*", and liked no less than the bytes as they are.
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace mw
