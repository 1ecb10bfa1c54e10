// How alerts and what is owed survive a restart: as records, and back. Pure. A record that cannot be read is passed
// over, never believed in part.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "alerts/outbox.hpp"
#include "alerts/silence.hpp"
#include "probes/record.hpp"

namespace mw {

struct Owing {
  Alerts alerts;
  Outbox outbox;
  Silences silences;
};

/// Monotonic times are set as if the time since they were saved had passed on the wall clock; a clock that went back
/// counts as no time. `passed_over` counts the records that could not be read.
Owing restored(const std::vector<Record>&, Instant now, std::size_t& passed_over);

/// What of it has to be written. What only time changes is kept in a way that time does not change, and is not written
/// again; finding that out costs little.
class OwingRecords {
 public:
  /// What has changed since the last call, rows that are to go included. The first time, everything.
  std::vector<Record> since_last(const Owing&, Instant now);

 private:
  struct KeptAlert {
    Alert alert;
    std::int64_t held = 0;     ///< as written
    std::int64_t cleared = 0;  ///< as written
  };
  struct KeptLedger {
    std::map<AlertKey, Told> told;
    std::map<std::string, std::pair<std::string, int>> parcels;  ///< id and attempts
    std::map<std::string, std::pair<SteadyTime, bool>> flushed;
    std::uint64_t sequence = 0;
    std::size_t buried = 0;
  };
  void look_at_alerts(const Alerts&, Instant now, std::vector<Record>& out);
  void look_at_silences(const Silences&, Instant now, std::vector<Record>& out);
  void look_at_ledger(const std::string& receiver, const Ledger&, Instant now, std::vector<Record>& out);

  std::map<AlertKey, KeptAlert> alerts_;
  std::map<std::string, SysTime> silences_;  ///< when they end: all that changes of one
  std::map<std::string, KeptLedger> ledgers_;
  SysTime clock_{};
};

}  // namespace mw
