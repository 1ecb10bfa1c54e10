// What the web side may see: one immutable value at a time, swapped by the loop, read by any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "alerts/outbox.hpp"
#include "alerts/silence.hpp"
#include "exporter/config.hpp"
#include "probes/snapshot.hpp"

namespace mw {

struct ReceiverView {
  std::string name;
  std::size_t owed = 0;  ///< notices not yet accepted by the other side
  std::string last_error;
  std::size_t under_way = 0;  ///< messages that were made and are not settled
  Tally tally;
  std::deque<DeadLetter> dead;  ///< the newest last
};

struct Published {
  std::shared_ptr<const Config> config;
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<const Alerts> alerts;
  std::vector<ReceiverView> receivers;
  Silences silences;
  bool ready = false;  ///< every mirror has been looked at once
};

/// A shared_ptr that one thread swaps and others read. A mutex: libstdc++ 12's atomic<shared_ptr> confuses TSan.
template <class T>
class Shared {
 public:
  std::shared_ptr<const T> load() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  void store(std::shared_ptr<const T> value) {
    const std::lock_guard lock(mutex_);
    value_.swap(value);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace mw
