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
#include "probes/courtesy.hpp"

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
  explicit OwnMetrics(const BuildInfo&);
  ~OwnMetrics();
  OwnMetrics(const OwnMetrics&) = delete;
  OwnMetrics& operator=(const OwnMetrics&) = delete;

  /// To be called with each configuration that comes into force: its series begin at zero, the series of mirrors,
  /// checks and receivers that it no longer has are gone.
  void configured(const Config&);

  void reload(bool ok, SysTime at);
  void state_saved(bool ok);
  void check_started(Duration late);
  void check_finished();
  void slot_missed(const std::string& pool, const std::string& mirror, CheckKind check);
  void put_off(const std::string& pool, const std::string& mirror, PutOff why);
  void loop_lag(Duration);
  void notification(const std::string& receiver, DeliveryOutcome);
  void vouched(Vouched);
  void coroutine_died();

  std::vector<Family> collect() const;

 private:
  struct Registered;
  std::unique_ptr<Registered> registered_;
};

}  // namespace mw
