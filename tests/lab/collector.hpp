// The webhook collector: keeps every notice it is sent, one JSON line each. Knows nothing of the agent but
// Alertmanager's webhook payload.
#pragma once

#include <fstream>
#include <string>

#include "tests/lab/message.hpp"

namespace mw::lab {

class Collector {
 public:
  explicit Collector(const std::string& file);
  Response take(const Request&);

 private:
  std::ofstream out_;
};

/// "firing MirrorErrors lying" for each alert of a payload, or what is wrong with it. For people.
std::string summary(const std::string& payload);

}  // namespace mw::lab
