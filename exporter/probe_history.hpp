// The probes of late, and of each target the last failure even when successes have pushed it out. Pure memory.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "probes/module.hpp"

namespace mw {

struct PastProbe {
  std::uint64_t id = 0;  ///< from 1 on, in the order of their ends
  SysTime at{};
  std::string target;
  std::shared_ptr<const Module> module;
  bool success = false;
  std::string log;
  std::string page;  ///< what was, or would have been, answered
};

/// Keeps `limit` of them, and up to as many failures besides.
class ProbeHistory {
 public:
  void set_limit(std::size_t limit);
  std::shared_ptr<const PastProbe> add(PastProbe);

  std::shared_ptr<const PastProbe> find(std::uint64_t id) const;
  /// The latest one of this target; `module` empty = of any.
  std::shared_ptr<const PastProbe> latest(std::string_view target, std::string_view module) const;
  /// Latest first.
  std::vector<std::shared_ptr<const PastProbe>> all() const;

 private:
  void retire(std::shared_ptr<const PastProbe>);

  std::size_t limit_ = 100;
  std::uint64_t last_id_ = 0;
  std::deque<std::shared_ptr<const PastProbe>> recent_;    ///< oldest first
  std::deque<std::shared_ptr<const PastProbe>> failures_;  ///< no longer recent, the last of each target and module
};

}  // namespace mw
