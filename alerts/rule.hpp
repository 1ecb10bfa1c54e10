// A rule: the condition that, true of a mirror, a pool or the agent for long enough, is an alert. Plain values.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "alerts/condition.hpp"

namespace mw {

struct Rule {
  std::string name;
  Expression when;
  Expression clear;        ///< what ends it once it fires; empty = that `when` is no longer true
  Duration hold{};         ///< `for`: how long it must be true before it fires
  Duration keep_firing{};  ///< how long it must be over before it resolves
  std::string severity = "warning";
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::vector<std::string> pools;   ///< empty = every pool
  std::vector<std::string> notify;  ///< receivers
  std::vector<std::string>
      inhibited_by;  ///< rules that, pending or firing for the same thing or a wider one, mute this
  bool operator==(const Rule&) const = default;
};

}  // namespace mw
