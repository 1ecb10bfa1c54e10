// The agent's counters and gauges about itself. The only code that knows prometheus-cpp; what goes out is our own
// Family. All methods but collect() belong to the loop thread; collect() may be called from any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "alerts/watchdog.hpp"
#include "exporter/build_info.hpp"
#include "exporter/config.hpp"
#include "exporter/exposition.hpp"

namespace mw {

/// How one attempt to deliver a notice ended.
enum class DeliveryOutcome : std::uint8_t {
  delivered,
  failed_network,
  failed_client_error,
  failed_server_error,
  rate_limited
};

class OwnMetrics {
 public:
  /// `started`: the agent; counting begins then.
  explicit OwnMetrics(const BuildInfo&, SysTime started = {});
  ~OwnMetrics();
  OwnMetrics(const OwnMetrics&) = delete;
  OwnMetrics& operator=(const OwnMetrics&) = delete;

  /// To be called with each configuration that comes into force: its series begin at zero, the series of receivers that
  /// it no longer has are gone.
  void configured(const Config&, SysTime now = {});

  void reload(bool ok, SysTime at);
  void state_saved(bool ok);
  void check_started(Duration late);
  void check_finished();
  void loop_lag(Duration);
  void notification(const std::string& receiver, DeliveryOutcome);
  void vouched(Vouched);
  /// `mechanism` is file or http.
  void list_read(const std::string& pool, std::string_view mechanism, std::size_t skipped);
  void list_failed(const std::string& pool, std::string_view mechanism);
  void coroutine_died();

  std::vector<Family> collect() const;

 private:
  struct Registered;
  std::unique_ptr<Registered> registered_;
};

}  // namespace mw
