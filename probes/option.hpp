// What ecosystems and kinds of receivers say of a bad option, before a configuration comes into force.
#pragma once

#include <string>
#include <string_view>

namespace mw {

/// What is wrong with the value of an option. Completes "pool[0].apt.suite: …"; never quotes a secret.
struct OptionTrouble {
  std::string_view key;
  std::string what;
};

}  // namespace mw
