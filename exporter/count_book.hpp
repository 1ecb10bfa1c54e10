// What the agent counts of each mirror and check since it began to watch it, beside what the store keeps. The loop
// writes, scrapes read at the same time: every count is an atomic, the book itself is replaced, never changed.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>

#include "exporter/config.hpp"
#include "exporter/published.hpp"
#include "probes/courtesy.hpp"
#include "probes/store.hpp"

namespace mw {

/// Upper bounds of the latency histograms' buckets, in seconds; one more bucket has none. Few: each is a series per
/// check.
inline constexpr std::array kLatencyBounds = {0.1, 0.5, 1.0, 5.0};

class Latencies {
 public:
  static constexpr std::size_t kBuckets = kLatencyBounds.size() + 1;

  void take(Duration took);

  struct Picture {
    std::array<std::uint64_t, kBuckets> up_to{};  ///< cumulative; the last is the count of all
    double sum = 0;                               ///< seconds
  };
  Picture picture() const;

 private:
  std::array<std::atomic<std::uint32_t>, kBuckets> counts_{};
  std::atomic<double> sum_ = 0;
};

struct CheckCounts {
  std::atomic<std::uint32_t> missed = 0;  ///< times it was due while its previous run had not ended
  Latencies good;                         ///< of runs that succeeded
};

struct MirrorCounts {
  SysTime since{};  ///< when counting began
  std::array<std::atomic<std::uint32_t>, std::size(kPutOffs)> put_off{};
  std::array<CheckCounts, std::size(kCheckKinds)> checks;
};

/// All methods but pages() belong to the loop thread; pages() may be called from any.
class CountBook {
 public:
  /// Mirrors that stay keep their counts, new ones begin at zero, the others are forgotten.
  void configured(const Config&, SysTime now);

  // Ignored if the mirror is no longer configured.
  void missed(const MirrorKey&, CheckKind);
  void put_off(const MirrorKey&, PutOff);
  void ended(const MirrorKey&, const Finding&);

  using Pages = std::map<MirrorKey, std::shared_ptr<MirrorCounts>>;
  /// Null before the first configured().
  std::shared_ptr<const Pages> pages() const { return pages_.load(); }

 private:
  MirrorCounts* find(const MirrorKey&) const;

  Shared<Pages> pages_;
};

}  // namespace mw
