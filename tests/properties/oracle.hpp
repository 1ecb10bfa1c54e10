// What alerts ought to be, worked out anew each time from the list of what was true when, by definitions and brute
// force: facts of the world in, phases out. Shares plain words with the code under test and calls nothing that decides
// there. Deliveries are post_oracle.hpp's business.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "alerts/engine.hpp"
#include "tests/properties/plan.hpp"

namespace mw::property {

/// The time that really passed, through all lives of the process, and what the wall clock says.
struct Clocks {
  SteadyTime real{};
  SysTime wall{};
};

/// A law that was broken, as text that begins with its number.
using Broken = std::optional<std::string>;

inline constexpr int alert_number(int rule, int subject) { return rule * kSubjects + subject; }
std::string alert_text(int alert);
/// -1: no such alert can be.
int alert_number(const AlertKey&);

Truth opposite(Truth);
/// Of the lens' `when`, or of its `clear`.
Truth truth_of(int lens, bool clear, int subject, const World&, const Wiring&);

/// An episode of an alert.
struct Known {
  Phase phase = Phase::inactive;
  bool gone = false;
  bool muted = false;       ///< by another rule, as of the last evaluation
  bool await_look = false;  ///< not muted any more, but nobody has looked since
  bool silenced = false;    ///< as of the last evaluation
  bool exists = false;      ///< the engine keeps it
  bool began = false;       ///< in the last evaluation
  SteadyTime unmuted{};
  std::size_t log = 0;       ///< length of what was seen
  std::size_t cut = 0;       ///< what was seen before concerns an earlier life of its rule or mirror
  std::uint32_t serial = 0;  ///< of its last firing, among all firings of the run
  std::uint64_t episode = 0;
  SysTime fired_at{};
  SysTime resolved_at{};
  SteadyTime fired{};
  std::pair<std::uint32_t, bool> state;  ///< of episode and phase, and whether it is heard of
  SteadyTime changed{};                  ///< its phase, or whether it may be heard of

  bool heard_of() const { return !muted && !await_look; }
  bool heard() const { return heard_of() && !silenced; }
};

/// A silence.
struct Quiet {
  int number = 0;
  int rule = -1;    ///< -1: any
  int mirror = -1;  ///< -1: any
  SteadyTime ends{};
  bool rounded = false;   ///< it was read from the disk
  bool doubtful = false;  ///< it was read from a disk whose clock had jumped: its end is the engine's guess
};

class AlertOracle {
 public:
  using Knowledge = std::array<Known, kAlerts>;

  explicit AlertOracle(const Setup& setup) : setup_(setup) {}

  const Knowledge& knowledge() const { return known_; }
  /// The rules were evaluated and the engine said this.
  Broken evaluated(const World&, const Wiring&, Clocks now, const Alerts& said);
  /// The engine keeps only these.
  void kept(const Alerts& said);
  const std::vector<Quiet>& quiets() const { return quiets_; }
  void lay(const Quiet& quiet) { quiets_.push_back(quiet); }
  void lift(int number, SteadyTime now);
  /// The wall clock jumped.
  void jumped() {
    ++jumps_;
    ever_jumped_ = true;
  }
  /// The process died and lives again; this is what was on disk, and what the engine made of it.
  struct Saved {
    SteadyTime at{};
    int jumps = 0;  ///< of the wall clock, before
  };
  Saved saved(SteadyTime now) const { return {now, jumps_}; }
  Broken restored(const Knowledge& on_disk, const Clocks& now, const Alerts& said, const Saved& saved);
  void restored(std::vector<Quiet> on_disk);
  /// Everything was looked at again and again.
  Broken check_looked_at() const;
  /// I7: never more changes than `for` and `keep_firing` let through.
  Broken check_flaps(const Wiring&) const;
  /// Firings and resolutions, one character each: for comparing runs.
  const std::string& history() const { return history_; }

 private:
  struct Seen {
    SteadyTime at{};
    Truth when = Truth::unknown;
    Truth over = Truth::unknown;
    bool restart = false;  ///< nobody looked; if the same is true before and after, this much may count:
    Duration least{};
    Duration most{};
  };
  struct Stretch {
    Duration least{};
    Duration most{};
  };
  struct Change {
    SteadyTime at{};
    Duration pause{};  ///< `for` and `keep_firing` together
  };
  using Said = std::array<const Alert*, kAlerts>;

  bool applies(int rule, int subject, const Wiring&) const;
  Stretch stretch(int alert, Truth Seen::*what) const;
  void see(int alert, const Seen&);
  Phase next_phase(int alert, const RuleSetup&, Phase said);
  Broken compare(int alert, const Alert* said, Phase before, Clocks now);
  Broken step(int alert, const World&, const Wiring&, const Clocks&, const Alert* said);
  bool source_active(int rule, int subject, const Wiring&) const;
  static void mute_gone(Known&, bool source, const Alert* said);
  void mute(int alert, const World&, const Wiring&, const Clocks& now, const Alert* said);
  Broken begin(Known&, int alert, const Alert& said, Clocks now);
  Broken silence(int alert, const Alert* said, SteadyTime now);
  Broken sort(const Alerts&, Said&) const;

  const Setup& setup_;
  Knowledge known_{};
  std::array<std::vector<Seen>, kAlerts> log_;
  std::array<std::vector<Change>, kAlerts> changes_;
  std::vector<Quiet> quiets_;
  std::uint32_t serial_ = 0;
  int jumps_ = 0;
  bool ever_jumped_ = false;
  bool first_after_restart_ = false;
  SteadyTime restored_{};
  std::string history_;
};

}  // namespace mw::property
