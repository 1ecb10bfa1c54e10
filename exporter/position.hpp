// A place in a text.
#pragma once

#include <compare>

namespace mw {

/// Counts from 1, columns in characters. Line 0: of the text as a whole.
struct Position {
  unsigned line = 0;
  unsigned column = 0;
  auto operator<=>(const Position&) const = default;
};

}  // namespace mw
