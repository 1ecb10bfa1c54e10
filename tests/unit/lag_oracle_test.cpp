// Lag and verdict over thirty days of two hundred made-up pools, against an oracle that shares no code with the
// store: releases, copies, outages, restarts and crashes as they fall. Every verdict of every round is compared.
#include "tests/support/lag_oracle.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <map>
#include <tuple>

#include "probes/store.hpp"
#include "tests/support/mirror_world.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

#ifdef __SANITIZE_THREAD__
constexpr std::uint64_t kSeeds = 10;  // one thread: what TSan could find, it finds in the first
#else
constexpr std::uint64_t kSeeds = 200;
#endif
constexpr Duration kInterval = 6h;

/// How often the store said what.
using Tally = std::map<std::pair<State, std::optional<Reason>>, std::uint64_t>;

/// What happens to the agent within a round, beside looking.
enum class Fate : std::uint8_t { none, publish, restart, crash };

OracleRules rules_of(const Pool& pool) {
  OracleRules rules{pool.fail_after, pool.recover_after, pool.grace, {}};
  for (std::size_t i = 0; i < pool.mirrors.size(); ++i) rules.networks.push_back(MirrorWorld::network_of(i));
  return rules;
}

Expected said_by(const MirrorView& view) {
  Expected said;
  said.state = view.verdict.state;
  if (view.verdict.failure) said.reason = view.verdict.failure->reason;
  said.known = view.lag.known;
  said.lower = view.lag.lower;
  said.upper = view.lag.upper;
  said.ahead = view.lag.ahead;
  return said;
}

bool same(const Expected& a, const Expected& b) {
  if (a.state != b.state || a.reason != b.reason || a.known != b.known) return false;
  return !a.known || (a.lower == b.lower && a.upper == b.upper && a.ahead == b.ahead);
}

std::string seconds(Duration d) { return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(d).count()); }

std::string text_of(const Expected& said) {
  std::string text(name(said.state));
  if (said.reason) text += "/" + std::string(name(*said.reason));
  if (!said.known) return text + ", lag unknown";
  text += ", lag " + seconds(said.lower) + " s to " + (said.upper ? seconds(*said.upper) + " s" : "anything");
  return text + (said.ahead ? ", ahead" : "");
}

/// What is on disk: one row for each key, the newest.
class Disk {
 public:
  void save(std::vector<Record> records) {
    for (Record& record : records) {
      const Key key{record.kind, record.pool, record.subject, record.item};
      if (record.value)
        rows_[key] = std::move(record);
      else
        rows_.erase(key);
    }
  }
  std::vector<Record> load() const {
    std::vector<Record> records;
    for (const auto& [key, record] : rows_) records.push_back(record);
    return records;
  }

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string>;
  std::map<Key, Record> rows_;
};

/// One seed: the same looks go to the store and into the oracle's log.
class Trial {
 public:
  explicit Trial(std::uint64_t seed) : seed_(seed), world_(seed, kInterval), oracle_(rules_of(*world_.pool())) {
    for (std::size_t i = 0; i <= MirrorWorld::kMirrors; ++i) turns_.push_back(i);
    std::sort(turns_.begin(), turns_.end(),
              [&](std::size_t a, std::size_t b) { return world_.phase(a) < world_.phase(b); });
    begin(world_.start());
  }

  /// Ends at the first difference.
  void live() {
    for (; SysTime(kInterval * round_) < SysTime(MirrorWorld::kLength) && difference_.empty(); ++round_) {
      one_round(world_.start() + kInterval * round_);
      compare(world_.start() + kInterval * (round_ + 1));
      if (world_.dice().chance(25)) save();
    }
  }

  const std::string& difference() const { return difference_; }
  std::uint64_t compared() const { return compared_; }
  const Tally& tally() const { return tally_; }

 private:
  void begin(SysTime now) {
    store_ = Store();
    store_.configure({world_.pool()}, now);
    damaged_ += store_.restore(disk_.load());
  }

  void save() {
    disk_.save(store_.unsaved());
    oracle_.saved();
  }

  Fate fate() {
    const auto roll = world_.dice().between(1, 100);
    if (roll <= 5) return Fate::restart;
    if (roll <= 10) return Fate::crash;
    return roll <= 20 ? Fate::publish : Fate::none;
  }

  void one_round(SysTime from) {
    const Fate fate = this->fate();
    const SysTime when = from + world_.dice().between(Duration(1s), kInterval - 1s);
    bool met = fate == Fate::none;
    for (const std::size_t mirror : turns_) {
      const SysTime at = from + world_.phase(mirror);
      if (!met && at > when) meet(fate, when), met = true;
      look(mirror, at);
    }
    if (!met) meet(fate, when);
  }

  void meet(Fate fate, SysTime now) {
    if (fate == Fate::restart) save();
    if (fate == Fate::crash) oracle_.crashed();
    if (fate != Fate::publish) begin(now);
    compare(now);
  }

  void look(std::size_t mirror, SysTime at) {
    Finding finding = world_.look(mirror, at);
    oracle_.saw(mirror, finding);
    store_.apply({"p", world_.pool()->mirrors[mirror].name}, std::move(finding));
  }

  void compare(SysTime now) {
    std::vector<VerdictChange> changes;
    const auto snapshot = store_.publish(now, changes);
    const auto& expected = oracle_.judge(now);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const Expected said = said_by(*snapshot->mirrors[i]);
      ++compared_;
      ++tally_[{said.state, said.reason}];
      if (!same(said, expected[i]))
        differ(now, world_.pool()->mirrors[i].name, "store " + text_of(said) + "; oracle " + text_of(expected[i]));
    }
    if (snapshot->self_fault != oracle_.self_fault()) differ(now, "all", "on whether it is our own network");
    if (snapshot->pools[0].upstream_regressions != oracle_.times_upstream_went_back())
      differ(now, "reference", "on how often the upstream went back");
    if (damaged_ > 0) differ(now, "all", "records were passed over");
  }

  void differ(SysTime now, const std::string& mirror, const std::string& how) {
    if (!difference_.empty()) return;
    difference_ = "seed " + std::to_string(seed_) + ", round " + std::to_string(round_) + ", " +
                  seconds(now - world_.start()) + " s, " + mirror + ": " + how;
  }

  std::uint64_t seed_;
  MirrorWorld world_;
  LagOracle oracle_;
  Store store_;
  Disk disk_;
  std::vector<std::size_t> turns_;  ///< mirrors in order of their phases
  int round_ = 0;
  std::size_t damaged_ = 0;
  std::uint64_t compared_ = 0;
  Tally tally_;
  std::string difference_;
};

}  // namespace

TEST_CASE("lag and verdict agree with a brute-force oracle over thirty days of two hundred pools", "[oracle]") {
  std::uint64_t compared = 0;
  Tally tally;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Trial trial(seed);
    trial.live();
    compared += trial.compared();
    for (const auto& [verdict, count] : trial.tally()) tally[verdict] += count;
    if (!trial.difference().empty()) FAIL_CHECK(trial.difference());
  }
  std::printf("oracle: %llu verdicts compared\n", static_cast<unsigned long long>(compared));
  // A comparison of nothing but fresh mirrors would prove little.
  const std::pair<State, std::optional<Reason>> wanted[] = {
      {State::fresh, std::nullopt},
      {State::stale, Reason::stale},
      {State::down, Reason::refused},
      {State::down, Reason::timeout},
      {State::unknown, Reason::reference_down},
      {State::unknown, Reason::local_resource},
      {State::unknown, Reason::version_unknown},
      {State::unknown, Reason::not_checked_yet},
  };
  for (const auto& verdict : wanted) {
    INFO(name(verdict.first) << " " << (verdict.second ? name(*verdict.second) : "-"));
    CHECK(tally[verdict] > kSeeds);
  }
}
