// What an agent ought to say of every mirror, worked out anew each time from the whole log of what it has seen, by
// loops that anybody can follow. Shares only plain words with the code under test: it must not call what judges there.
#pragma once

#include <optional>
#include <vector>

#include "probes/judge.hpp"
#include "probes/model.hpp"

namespace mw {

struct OracleRules {
  int fail_after = 1;
  int recover_after = 1;
  Duration grace{};
  std::vector<int> networks;  ///< of each mirror; the first one is the reference
};

/// What is expected of one mirror.
struct Expected {
  State state = State::unknown;
  std::optional<Reason> reason = std::nullopt;
  bool known = false;  ///< the lag
  Duration lower{};
  std::optional<Duration> upper = std::nullopt;
  bool ahead = false;
};

class LagOracle {
 public:
  explicit LagOracle(OracleRules rules);

  void saw(std::size_t mirror, const Finding&);
  /// What is to be said of each mirror now. That it was said is part of the log.
  const std::vector<Expected>& judge(SysTime now);
  /// As of the latest judgement.
  bool self_fault() const { return self_fault_; }
  std::uint64_t times_upstream_went_back() const;

  /// What is in the log by now outlives a crash; what comes after does not until the next call.
  void saved();
  void crashed();

 private:
  struct Look {
    SysTime at{};
    std::optional<Version> version;
    std::optional<Layer> layer;  ///< where it failed
    Reason reason{};
  };
  /// The upstream, as observed once.
  struct Upstream {
    SysTime at{};
    Version version;
    bool stands = true;  ///< the upstream did not take it back later
    bool went_back = false;
  };
  struct Judgement {
    std::vector<Expected> said;
    bool self_fault = false;
    SysTime at{};
  };

  static bool could_not_be_reached(const Look&);
  static bool takes_back(const Upstream& later, const std::vector<Upstream>& all, std::size_t earlier);
  std::vector<Upstream> upstream() const;
  bool is_self_fault() const;
  const Look* last_failure(std::size_t mirror) const;
  const Look* counted_failure(std::size_t mirror) const;
  const Look* last_told(std::size_t mirror) const;
  std::optional<SysTime> last_self_fault() const;
  Expected lag_of(std::size_t mirror, SysTime now) const;
  Expected place(const Version&, SysTime) const;
  Expected place_by_order(const Version&, SysTime) const;
  std::optional<std::size_t> standing_after(std::size_t, const std::string& other_than) const;
  Expected superseded(std::size_t by, SysTime) const;
  Expected judge_one(std::size_t mirror, SysTime now) const;

  OracleRules rules_;
  std::vector<std::vector<Look>> looks_;  ///< all of them, by mirror
  std::vector<Judgement> judgements_;
  std::vector<Upstream> upstream_;  ///< worked out for the judgement under way
  bool self_fault_ = false;
  std::optional<SysTime> ours_;  ///< when our own network was last suspected
  std::vector<std::size_t> saved_looks_;
  std::size_t saved_judgements_ = 0;
};

}  // namespace mw
