// Bytes made smaller for the way. The only code that knows libdeflate.
#pragma once

#include <string>
#include <string_view>

namespace mw {

/// As RFC 1952 has it, one member. Fast rather than small: a page of metrics shrinks to a tenth all the same.
std::string gzip(std::string_view bytes);

}  // namespace mw
