// Where records live between two lives of the process. live_state.* is the real one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probes/record.hpp"

namespace mw {

struct StateFile {
  virtual ~StateFile() = default;
  /// All records. Called once, before anything is saved.
  virtual std::vector<Record> load() = 0;
  /// All of them or none, and on disk when this returns; else why not. May take as long as the disk does: not for
  /// the loop's thread. One call at a time.
  virtual std::optional<std::string> save(const std::vector<Record>&) = 0;
};

}  // namespace mw
