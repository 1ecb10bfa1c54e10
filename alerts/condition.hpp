// The condition language of rules: `sync_lag > 6h and failures[5] >= 3 or corrupt`. Reads it, writes it. Pure; what is
// true of a mirror is measure.hpp's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "probes/model.hpp"

namespace mw {

/// What a condition may look at.
enum class Signal : std::uint8_t {
  sync_lag,
  stale_ratio,
  error_ratio,
  failures,
  latency_p50,
  latency_p95,
  latency_p99,
  throughput,
  cert_expires_in,
  metadata_expires_in,
  stale,
  corrupt,
  down,
  unknown,
  checksum_mismatch,
  inconsistent,
  pool_fresh,
  pool_stale,
  pool_corrupt,
  pool_down,
  upstream_down,
  self_fault
};

/// What a signal's values are, and how thresholds are written.
enum class Unit : std::uint8_t {
  duration,  ///< seconds: 6h
  ratio,     ///< 0 to 1: 50% or 0.5
  number,    ///< a whole number: 3
  share,     ///< a number of mirrors, 3, or a share of the pool's, 50%
  rate,      ///< bytes per second: 512KiB
  flag       ///< true or false: stands alone, without a comparison
};

/// What a signal is a property of; a rule is about the narrowest thing that its condition mentions.
enum class Scope : std::uint8_t { agent, pool, mirror };

/// What may follow in brackets.
enum class Window : std::uint8_t {
  none,
  time,         ///< [5m]
  time_or_runs  ///< [5m], or [5] for the last five runs
};

struct SignalFacts {
  Signal signal{};
  std::string_view name;
  Unit unit{};
  Scope scope{};
  Window window{};
  std::string_view doc;
};
/// In the order of the enumeration.
const std::vector<SignalFacts>& signals();
const SignalFacts& facts(Signal);
std::string_view name(Signal);

enum class Comparison : std::uint8_t { above, at_least, below, at_most };
std::string_view symbol(Comparison);

struct Condition {
  Signal signal{};
  Comparison comparison{};
  double threshold = 0;                       ///< in the signal's unit; flags: 0
  bool of_all = false;                        ///< with Unit::share: the threshold is a ratio of the pool's mirrors
  Duration window = std::chrono::minutes(5);  ///< of signals that have one
  int runs = 0;                               ///< instead of the window, when above 0
  bool negated = false;                       ///< `not corrupt`; flags only
  bool operator==(const Condition&) const = default;
};

/// True when all conditions of any row are. `and` binds tighter than `or`; there are no parentheses.
struct Expression {
  std::vector<std::vector<Condition>> any_of;
  bool empty() const { return any_of.empty(); }
  bool operator==(const Expression&) const = default;
};

/// Column counts from 0.
struct ConditionError {
  std::size_t column = 0;
  std::string what;
};

/// [not] SIGNAL [WINDOW] [(> | >= | < | <=) NUMBER UNIT], joined by `and` and `or`. At most 16 conditions.
std::variant<Expression, ConditionError> parse_expression(std::string_view text);
/// Text that parse_expression reads back.
std::string to_string(const Condition&);
std::string to_string(const Expression&);

/// A value of that signal as people write it: "6h", "50%", "3".
std::string format_value(Signal, double value);

Scope scope_of(const Expression&);

}  // namespace mw
