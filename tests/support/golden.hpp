// Expected text kept in a file beside its test.
#pragma once

#include <string>

namespace mw {

/// Empty when `actual` is what the file holds, otherwise the first line that differs. With MW_UPDATE_GOLDEN=1 in
/// the environment the file is written instead.
std::string golden_difference(const std::string& file, const std::string& actual);

}  // namespace mw
