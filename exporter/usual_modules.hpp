// The modules that are there when the configuration has none: those of blackbox_exporter's example, but for gRPC.
#pragma once

#include <vector>

#include "probes/module.hpp"

namespace mw {

std::vector<Module> usual_modules();

}  // namespace mw
