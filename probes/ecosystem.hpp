// What an ecosystem is: two ways to gather evidence and the options they read. One file each in ecosystems/,
// found by CMake; nothing registers itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "probes/net.hpp"
#include "probes/option.hpp"
#include "probes/target.hpp"

namespace mw {

/// One key of the pool's sub-table named after the ecosystem, e.g. [pool.apt] suite = "bookworm".
struct EcosystemOption {
  std::string_view key;
  std::string_view fallback;  ///< the default; meaningless when required
  bool required = false;
  std::string_view doc;
};

struct Ecosystem {
  std::string_view name;
  std::string_view doc;
  std::string_view canary_doc;  ///< what a canary is here
  std::vector<EcosystemOption> options;
  /// How often to look when the configuration does not say: often enough to be of use, seldom enough for its mirrors'
  /// operators.
  Duration pace = std::chrono::minutes(15);
  Duration integrity_pace = std::chrono::hours(6);
  /// The line with which a client uses this mirror, ready to paste; nullptr when its URL says it all.
  std::string (*client_line)(const Pool&, const Mirror&) = nullptr;
  /// Gathers the version the mirror serves. Cheap; runs at every interval.
  Task<Finding> (*freshness)(Net&, Target);
  /// Gathers proof that the bytes are what they should be, cheapest rung first.
  Task<Finding> (*integrity)(Net&, Target);
  /// Looks at the values in Pool::options, defaults filled in, before the configuration comes into force. Pure;
  /// nullptr when any text will do.
  std::vector<OptionTrouble> (*option_troubles)(const Pool&) = nullptr;
};

/// All of them, in alphabetical order.
const std::vector<const Ecosystem*>& ecosystems();

/// Nullptr if there is none of that name.
const Ecosystem* find_ecosystem(std::string_view name);

}  // namespace mw
