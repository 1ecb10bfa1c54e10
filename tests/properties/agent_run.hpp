// One plan, lived through: the warden's part around engine and outbox, with clocks, a disk and receivers that are made
// up and can fail at any point, under the eyes of the oracles. The delivery follows exporter/warden_delivery.cpp.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alerts/outbox_records.hpp"
#include "tests/properties/oracle.hpp"
#include "tests/properties/plan.hpp"
#include "tests/properties/post_oracle.hpp"

namespace mw::property {

/// Another way to live the same plan, which must come out the same.
struct Variation {
  Duration wall_shift{};      ///< the wall clock shows something else from the beginning
  bool no_jumps = false;      ///< nobody touches it
  bool turned_round = false;  ///< rules and mirrors are configured in the opposite order
  bool healthy_receiver_0 = false;
};

/// What arrived at a receiver.
struct Arrival {
  SteadyTime at{};
  int receiver = 0;
  std::string id;
  std::vector<Owed> items;
};

/// What a life came to.
struct Outcome {
  Broken broken;
  std::size_t op = 0;  ///< at which it broke; the plan's length: afterwards, in the hours of health
  std::size_t evaluations = 0;
  std::vector<Arrival> arrivals;
  std::string history;  ///< of the alerts
};

/// `keep_arrivals`: for comparing; costs time.
Outcome live(const Plan&, const Variation&, bool keep_arrivals = false);

}  // namespace mw::property
