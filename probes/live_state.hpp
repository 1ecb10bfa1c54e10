// The state file for real: one SQLite database.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "probes/state_file.hpp"

namespace mw {

struct StateOpened {
  std::shared_ptr<StateFile> file;
  std::string moved_aside;  ///< where a damaged predecessor was put; empty when there was none
};

/// `directory`/state.db, made when missing. Fails, saying why, when it cannot be written, is in use by another process
/// or comes from a newer version. A damaged one is moved aside and begun anew: it costs history, not the service.
std::variant<StateOpened, std::string> open_state(const std::string& directory);

}  // namespace mw
