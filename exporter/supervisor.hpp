// What a supervisor such as systemd is told of us: that we serve, reload, live, stop. It knows nothing of the agent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "probes/model.hpp"

namespace mw {

class Supervisor {
 public:
  /// Nobody listens.
  Supervisor() = default;
  /// `socket`: a path, or @NAME for one in Linux's abstract namespace. `watchdog`: how long it waits for alive().
  Supervisor(std::string socket, std::optional<Duration> watchdog);

  /// As NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID say. They are taken out of the environment, since no child may
  /// speak for us: call it before starting threads.
  static Supervisor from_environment();

  void ready() const { say("READY=1"); }
  /// To be followed by ready().
  void reloading() const;
  void stopping() const { say("STOPPING=1"); }
  void alive() const { say("WATCHDOG=1"); }

  /// Within what time it must hear alive(), or it ends us; nothing: it does not wait.
  std::optional<Duration> watchdog() const { return watchdog_; }

 private:
  /// Never blocks, and what is not heard is lost: an agent does its work with or without a supervisor.
  void say(std::string_view text) const;

  std::string socket_;
  std::optional<Duration> watchdog_;
};

/// WATCHDOG_USEC, if it is meant for the process `own`: WATCHDOG_PID says whom it is meant for, if anybody in
/// particular.
std::optional<Duration> watchdog_of(std::string_view microseconds, std::string_view pid, long own);

}  // namespace mw
