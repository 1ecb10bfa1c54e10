// When a slot is due and how many may run at once. Pure: the same configuration always gives the same times,
// so a restart neither stampedes the mirrors nor changes a test.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "probes/model.hpp"

namespace mw {

/// Where in its interval a slot runs: a hash of its name (FNV-1a), so that slots spread evenly.
Duration phase_of(std::string_view identity, Duration interval);

/// The first instant after `after` that is origin + n * interval + phase.
SteadyTime next_due(SteadyTime after, SteadyTime origin, Duration interval, Duration phase);

/// The steady instant that stands for 1970: makes phases the same across restarts, and immune to clock steps.
inline SteadyTime origin_of(SteadyTime now, SysTime wall) { return now - wall.time_since_epoch(); }

/// Checks running at once, in total and against one host.
class Caps {
 public:
  Caps() = default;
  Caps(int total, int per_host) : total_(total), per_host_(per_host) {}
  void resize(int total, int per_host) { total_ = total, per_host_ = per_host; }
  bool free(const std::string& host) const;
  bool any_free() const { return running_ < total_; }
  void take(const std::string& host);
  void give(const std::string& host);
  int running() const { return running_; }

 private:
  int total_ = 1;
  int per_host_ = 1;
  int running_ = 0;
  std::map<std::string, int> hosts_;
};

}  // namespace mw
