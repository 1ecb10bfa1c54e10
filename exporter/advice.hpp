// What a client of a pool should use now. Pure: the published picture in, an answer ready to paste out.
#pragma once

#include <string>
#include <vector>

#include "probes/snapshot.hpp"

namespace mw {

struct Advised {
  const MirrorView* view = nullptr;
  std::string line;  ///< with which a client uses it
};

/// Points into the snapshot that it was made from.
struct Advice {
  std::vector<Advised> safe;                ///< best first
  std::vector<const MirrorView*> not_safe;  ///< as configured
  std::string why;                          ///< when none is safe
};

Advice advise(const Snapshot&, const Pool&);

/// Lines that begin with '#' say what is safe or why nothing is; the one that does not is to be pasted. So a shell, or
/// apt, can take the whole.
std::string advice_text(const Snapshot&, const Pool&);

/// advice_text() of every pool, one after another.
std::string advice_text(const Snapshot&);

}  // namespace mw
