// The configuration and the snapshot that a wiring and a world stand for, in the engine's own words. Decides nothing.
#pragma once

#include <memory>
#include <vector>

#include "alerts/receiver.hpp"
#include "alerts/rule.hpp"
#include "probes/snapshot.hpp"
#include "tests/properties/plan.hpp"

namespace mw::property {

Wiring initial_wiring(const Setup&);
/// A reload. What it names exists.
void change(Wiring&, const Setup&, Change, std::size_t number);

std::vector<Rule> rules_of(const Setup&, const Wiring&, bool turned_round);
Receiver receiver_of(const Setup&, int number);
/// Keeps the views of mirrors that nothing happened to.
class SnapshotMaker {
 public:
  SnapshotMaker();
  void touch(std::size_t mirror) { views_[mirror] = nullptr; }
  Snapshot make(const World&, const Wiring&, SysTime now, bool turned_round);

 private:
  std::shared_ptr<const Pool> pool_;
  std::array<std::shared_ptr<const Mirror>, kMirrors> mirrors_;
  std::array<std::shared_ptr<const MirrorView>, kMirrors> views_;
  std::shared_ptr<const MirrorView> reference_up_;
  std::shared_ptr<const MirrorView> reference_down_;
};

}  // namespace mw::property
