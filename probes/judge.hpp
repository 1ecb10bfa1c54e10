// From evidence to a verdict. Pure: no network, no clock, no store; time is an argument.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "probes/history.hpp"
#include "probes/model.hpp"

namespace mw {

/// fresh: serves what the reference serves. stale: serves something older, or metadata past its own expiry.
/// corrupt: bytes that are not what they should be. down: does not serve the content. unknown: cannot be said.
enum class State : std::uint8_t { fresh, stale, corrupt, down, unknown };
std::string_view name(State);
inline constexpr State kStates[] = {State::fresh, State::stale, State::corrupt, State::down, State::unknown};

/// One check of one mirror over time. `settled` changes only after Pool::fail_after / recover_after runs agree,
/// so that one odd answer is not news.
struct CheckState {
  std::shared_ptr<const Finding> last;       ///< null: it never ran. Shared with every picture that shows it
  std::shared_ptr<const Finding> last_good;  ///< the same one as `last` while that is good
  std::optional<Failure> settled;            ///< the failure that counts; nothing = good (or never run)
  int streak = 0;                            ///< consecutive runs that contradict `settled`
  std::uint64_t runs = 0;
  std::uint64_t failures = 0;
  Traffic traffic;           ///< of all runs; retry_after of the last
  SysTime last_failed_at{};  ///< our own host's failures left out
  /// What was seen then, as trace_of() keeps it; null = it never failed. Stays after it is over.
  std::shared_ptr<const Finding> last_failed;
  bool change_pending() const { return streak > 0; }
};

/// How far it got and what it met on the way, without what it told of versions and bytes: small, whatever it saw.
Finding trace_of(const Finding&);

/// Takes one finding in. Failures of our own host (Reason::local_resource) leave `settled` as it is.
CheckState settle(CheckState, Finding, const Pool&);

struct Verdict {
  State state = State::unknown;
  std::optional<Failure> failure = std::nullopt;  ///< layer and reason; nothing only when fresh
  std::string blame = {};  ///< with stale: the mirror highest up the chain of parents that is behind too; else empty
  bool operator==(const Verdict&) const = default;
};

/// What is known of a mirror when it is judged.
struct Evidence {
  const std::map<CheckKind, CheckState>* checks = nullptr;
  Lag lag;                              ///< the worst of all feeds and addresses
  std::optional<Failure> inconsistent;  ///< its addresses serve different generations
  std::optional<Failure> dissent;       ///< the ledger contradicts its bytes
  Duration grace{};
  /// Until then most mirrors failed at once: our own network. Nothing = never.
  std::optional<SysTime> self_fault_until = std::nullopt;
  bool undecided = false;        ///< the references have no quorum
  bool reference_known = false;  ///< the reference was seen at least once
  bool reference_down = false;   ///< its freshness check is settled as failed
  bool is_reference = false;
};

/// Worst evidence first: broken integrity, then the deepest-reaching failure, then lag.
Verdict judge(const Evidence&);

}  // namespace mw
