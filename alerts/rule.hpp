// A rule: the condition that, true of a mirror for long enough, is an alert. Parse and evaluate; pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "probes/snapshot.hpp"

namespace mw {

/// What a condition may look at. All are properties of one mirror.
enum class Signal : std::uint8_t {
  sync_lag,             ///< seconds, the lower bound: `sync_lag > 6h`
  error_ratio,          ///< 0..1 over a window: `error_ratio[5m] > 50%`
  metadata_expires_in,  ///< seconds until the signed metadata's own expiry: `metadata_expires_in < 1d`
  cert_expires_in,      ///< seconds until the certificate's: `cert_expires_in < 14d`
};
std::string_view name(Signal);

enum class Comparison : std::uint8_t { above, at_least, below, at_most };

struct Condition {
  Signal signal{};
  Comparison comparison{};
  double threshold = 0;                       ///< seconds, or a ratio of 0..1
  Duration window = std::chrono::minutes(5);  ///< of error_ratio
  bool operator==(const Condition&) const = default;
};

/// Column counts from 0.
struct ConditionError {
  std::size_t column = 0;
  std::string what;
};

/// SIGNAL[WINDOW] (> | >= | < | <=) NUMBER UNIT. Units: s m h d for seconds, % for ratios.
std::variant<Condition, ConditionError> parse_condition(std::string_view text);
std::string to_string(const Condition&);

/// A value of that signal as people write it: "6h", "50%".
std::string format_value(Signal, double value);

struct Rule {
  std::string name;
  Condition when;
  Duration hold{};  ///< `for`: how long it must be true before it fires
  std::string severity = "warning";
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::vector<std::string> pools;         ///< empty = every pool
  std::vector<std::string> notify;        ///< receivers
  std::vector<std::string> inhibited_by;  ///< rules that, pending or firing for the same mirror, mute this one
  bool operator==(const Rule&) const = default;
};

/// Unknown is not no: it freezes an alert where it is.
enum class Truth : std::uint8_t { no, yes, unknown };

struct Measured {
  Truth truth = Truth::unknown;
  double value = 0;  ///< of the signal, when known
};

Measured measure(const Condition&, const MirrorView&, SysTime now);

}  // namespace mw
