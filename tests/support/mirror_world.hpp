// A made-up pool over thirty days, out of one seed: when the upstream releases and goes back, when each mirror copies,
// and who cannot be reached when. Knows the truth; knows neither what an agent makes of it nor how.
#pragma once

#include <memory>
#include <random>
#include <vector>

#include "probes/model.hpp"

namespace mw {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  /// From least to most, both included.
  std::int64_t between(std::int64_t least, std::int64_t most);
  Duration between(Duration least, Duration most);
  bool chance(int percent) { return between(1, 100) <= percent; }

 private:
  std::mt19937_64 engine_;
};

class MirrorWorld {
 public:
  static constexpr std::size_t kMirrors = 40;  ///< beside the reference, which is number 0
  static constexpr Duration kLength = std::chrono::hours(24 * 30);

  MirrorWorld(std::uint64_t seed, Duration interval);

  SysTime start() const { return start_; }
  std::shared_ptr<const Pool> pool() const { return pool_; }
  /// Networks are numbered; pool() gives every mirror a host in its network.
  static int network_of(std::size_t mirror) { return static_cast<int>(mirror % 7); }
  /// When in each interval a mirror is looked at.
  Duration phase(std::size_t mirror) const { return phases_.at(mirror); }
  /// What a look at that time learns. Times must not go back.
  Finding look(std::size_t mirror, SysTime at);
  /// For what the agent itself goes through.
  Dice& dice() { return dice_; }

 private:
  /// From `at` on, this is served.
  struct Change {
    SysTime at{};
    Version version;
  };
  using Changes = std::vector<Change>;
  struct Outage {
    SysTime from{};
    SysTime to{};
    Layer layer{};
    Reason reason{};
  };
  struct Pauses {
    Duration least{};
    Duration most{};
  };

  void make_pool(Duration interval);
  Duration until_release();
  Version release(const Version& latest);
  void release_all();
  void copy_all(std::size_t mirror);
  void fail_sometimes(std::size_t mirror, Pauses pauses, Duration longest);
  void lose_our_network();
  const Version& served(std::size_t mirror, SysTime at) const;

  Dice dice_;
  SysTime start_{std::chrono::seconds(1'700'000'000)};
  bool ordered_;
  bool reuses_serials_;  ///< after going back, the same numbers are given out again, for other content
  bool quiet_;
  std::int64_t released_ = 0;
  std::shared_ptr<const Pool> pool_;
  std::vector<Duration> phases_;
  std::vector<Changes> changes_;
  std::vector<std::vector<Outage>> outages_;
};

}  // namespace mw
