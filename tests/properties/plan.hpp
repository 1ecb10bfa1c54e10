// One random life of an agent: a small world and what happens in it, out of one seed; and the same as short text.
// Plain values. Knows neither the engine nor the oracle.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "probes/judge.hpp"
#include "probes/model.hpp"

namespace mw::property {

inline constexpr int kMirrors = 3;
/// What an alert may be about: a mirror, or one of these.
inline constexpr int kPoolSubject = 3;
inline constexpr int kAgentSubject = 4;
inline constexpr int kSubjects = 5;
inline constexpr int kRules = 3;
inline constexpr int kAlerts = kRules * kSubjects;
inline constexpr int kReceivers = 2;

enum class OpKind : std::uint8_t {
  look,        ///< at mirror `who`: verdict `a`; `b` = lag + 4 * http failed + 8 * tcp failed
  upstream,    ///< is up if `a`
  self_fault,  ///< suspected if `a`
  tick,        ///< `a` seconds pass, then the rules are evaluated
  jump,        ///< the wall clock, by `a` seconds
  crash,       ///< at once; `a` seconds down; `b`: whether a transaction under way made it
  arm,         ///< a crash as soon as point `who` is reached
  restart,     ///< in order, `a` seconds down
  reload,      ///< Change `who` of number `a`
  receiver,    ///< `who` behaves like Mood `a` from now on; `b` = Retry-After in seconds
  disk,        ///< from now on DiskMood `a`; `b` = how long it hangs, ms
  silence      ///< `who`: number; `a` seconds long, 0 = removed; `b`: bits 0-2 rule + 1, bits 3-5 mirror + 1, 0 = any
};

enum class Change : std::uint8_t { nothing, rule, mirror, receiver, hold, keep, notify, severity };
enum class Mood : std::uint8_t { accept, broken, busy, silent, lost_answer, reject, refuse };
enum class DiskMood : std::uint8_t { fine, failing, hanging };
/// Where an agent may die.
enum class Point : std::uint8_t { save_begun, save_ended, sending, received, settled };

struct Op {
  OpKind kind{};
  int who = 0;
  int a = 0;
  int b = 0;
};

/// Rules look at the world through one of these.
struct Lens {
  const char* when;
  const char* clear;  ///< may be empty
};
inline constexpr Lens kLenses[] = {{"down", ""},
                                   {"stale or corrupt", "not stale and not corrupt"},
                                   {"sync_lag > 6h", "sync_lag < 5h"},
                                   {"failures[3] >= 2", ""},
                                   {"pool_down >= 50%", ""},
                                   {"upstream_down", ""},
                                   {"self_fault", ""},
                                   {"not corrupt and sync_lag > 6h", ""},
                                   {"pool_fresh < 2", ""},
                                   {"unknown", ""}};
/// By Op::look's lag; negative = not known.
inline constexpr Duration kLags[] = {Duration(-1), Duration(0), std::chrono::minutes(330), std::chrono::hours(7)};

struct RuleSetup {
  int lens = 0;
  Duration hold{};
  Duration keep{};
  unsigned inhibited_by = 0;  ///< rules, one bit each
  unsigned notify = 1;        ///< receivers, one bit each
};

struct ReceiverSetup {
  const char* kind = "webhook";
  bool by_alert = true;
  bool by_pool = true;
  bool by_mirror = false;
  Duration wait{};
  Duration interval{};
  Duration repeat{};
  bool send_resolved = true;
};

struct Setup {
  int rules = 1;
  int mirrors = 1;
  std::array<RuleSetup, kRules> rule;
  std::array<ReceiverSetup, kReceivers> receiver;
};

struct Plan {
  std::uint64_t seed = 0;
  Setup setup;
  std::vector<Op> ops;
};

Plan make_plan(std::uint64_t seed);
std::string to_text(const Setup&);
std::string to_text(const Op&);

/// What is configured at the moment.
struct Wiring {
  std::array<bool, kRules> rule{};
  std::array<bool, kMirrors> mirror{};
  std::array<bool, kReceivers> receiver{};
  std::array<RuleSetup, kRules> rules;
  std::array<bool, kRules> page{};  ///< severity
};

/// What the checks have seen, as told to engine and oracle alike.
struct World {
  struct Outcome {
    bool http_failed = false;
    bool tcp_failed = false;
    SysTime at{};
  };
  struct Sight {
    State state = State::fresh;
    Duration lag{};                  ///< negative = not known
    std::array<Outcome, 4> looks{};  ///< the last of them, the newest last
    SteadyTime looked{};
  };
  std::array<Sight, kMirrors> mirrors;
  bool upstream_up = true;
  bool self_fault = false;
};

}  // namespace mw::property
