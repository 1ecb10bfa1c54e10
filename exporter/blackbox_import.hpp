// A configuration of blackbox_exporter (0.28 and earlier) as one of ours. Pure; never shows a secret.
#pragma once

#include <string>
#include <vector>

#include "exporter/config.hpp"

namespace mw {

struct Imported {
  std::string toml;                   ///< empty if there are errors
  std::vector<ConfigError> warnings;  ///< what could not be taken over, and what is left to do by hand
  std::vector<ConfigError> errors;    ///< why it is no configuration of blackbox_exporter, or none of ours
};

/// `file` is only for messages.
Imported import_blackbox(const std::string& yaml, const std::string& file);

}  // namespace mw
