// The warden: runs checks when they are due, feeds the store, evaluates the rules, delivers what is owed, publishes
// snapshots. Knows the world only through Net, so a test runs it in virtual time. One loop thread owns it all.
#pragma once

#include <asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "alerts/compose.hpp"
#include "alerts/outbox_records.hpp"
#include "alerts/resend.hpp"
#include "alerts/watchdog.hpp"
#include "exporter/config.hpp"
#include "exporter/delivery.hpp"
#include "exporter/published.hpp"
#include "probes/courtesy.hpp"
#include "probes/net.hpp"
#include "probes/schedule.hpp"
#include "probes/state_file.hpp"
#include "probes/store.hpp"
#include "probes/target.hpp"
#include "probes/validators.hpp"

namespace mw {

/// What the warden tells whoever counts and logs. Called on the loop thread; must not block.
struct WardenEvents {
  virtual ~WardenEvents() = default;
  virtual void published(std::shared_ptr<const Published>) {}
  virtual void verdict_changed(const VerdictChange&) {}
  virtual void check_started(Duration /*late*/) {}
  virtual void check_finished(const MirrorKey&, const Finding&) {}
  virtual void slot_missed(const MirrorKey&, CheckKind) {}
  virtual void put_off(const MirrorKey&, CheckKind, PutOff) {}
  virtual void delivered(const std::string& /*receiver*/, const Parcel&, const Delivery&) {}
  /// A message from an earlier life, of whose alerts nothing is known any more.
  virtual void dropped(const std::string& /*receiver*/, const std::string& /*message*/) {}
  /// So many alerts were told again, or not.
  virtual void resent(const std::string& /*receiver*/, std::size_t /*alerts*/, const Delivery&) {}
  virtual void restored(std::size_t /*records*/, std::size_t /*passed_over*/) {}
  /// `why` it was withheld or failed.
  virtual void vouched(Vouched, const std::string& /*why*/) {}
  virtual void saved(const std::optional<std::string>& /*trouble*/) {}
  virtual void coroutine_died(const std::string& /*what*/) {}
};

class Warden {
 public:
  /// `state` may be null: then nothing survives.
  Warden(asio::any_io_executor, Net&, WardenEvents&, std::string version, std::shared_ptr<StateFile> state = nullptr);

  /// Also a reload: unchanged mirrors keep state and phase, unchanged alerts their timers.
  void configure(std::shared_ptr<const Config>);

  /// From now on nobody is told of what it matches. Its id.
  std::variant<std::string, NotLaid> lay(Silence);
  /// Ends it; false if there is none.
  bool lift(const std::string& id);
  /// How many alerts it was about.
  std::size_t acknowledge(const std::vector<Matcher>&, Acknowledgement by);

  /// Of what an alert needs.
  Progress progress() const;

  /// No further check or notice begins. What is under way ends when Net lets it.
  void stop() { stopped_ = true; }

  /// What has changed since it was last saved, at once and on this thread: for the end of the process.
  void save_finally();

 private:
  struct SlotKey {
    MirrorKey mirror;
    CheckKind check{};
    auto operator<=>(const SlotKey&) const = default;
  };
  struct Slot {
    std::shared_ptr<const Pool> pool;
    std::shared_ptr<const Mirror> mirror;
    Duration interval{};
    Duration phase{};
    SteadyTime due{};       ///< next
    SteadyTime fell_due{};  ///< last
    bool running = false;
    bool waiting = false;
  };
  using Due = std::pair<SteadyTime, SlotKey>;
  using WakeUp = std::pair<std::string, SteadyTime>;

  // scheduling
  Slot make_slot(const SlotKey&, const std::shared_ptr<const Pool>&, const Mirror&) const;
  std::map<SlotKey, Slot> slots_of(const std::shared_ptr<const Pool>&, const Mirror&) const;
  void rebuild_slots();
  void pump();
  void fall_due(const SlotKey&, Slot&);
  void start_waiting();
  std::vector<SlotKey> take_turns();
  bool may_start(const SlotKey&, const Slot&);
  void take_turn(const SlotKey&, Slot&);
  void set_due(const SlotKey&, Slot&, SteadyTime at);
  void reschedule(const SlotKey&, Slot&);
  void arm(SteadyTime at);
  Task<void> alarm(SteadyTime at);
  Task<void> run(SlotKey, Target);
  void distrust(const MirrorKey&, const Finding&);
  void finish(const SlotKey&, const Mirror& looked_at, Finding);
  // publishing and rules
  Task<void> keep_time();
  void judge_all();
  void evaluate_now();
  void apply_rules();
  void hush(Instant now);
  void publish();
  bool all_looked_at() const;
  Target target_of(const SlotKey&, const Slot&);
  // keeping
  void restore();
  void forget_strangers();
  void save();
  std::vector<Record> unsaved();
  Task<void> save_records(std::vector<Record>);
  // our own network
  void doubt_ourselves();
  Task<void> ask_controls(std::vector<Url> controls);
  // delivery
  void pump_delivery(const Receiver&);
  Scene scene() const;
  std::string make_parcel(const Receiver&, const Batch&);
  bool has_words(const Receiver&, const std::string& parcel);
  Task<void> made_durable(std::uint64_t save);
  void arm_delivery(const Receiver&, std::optional<SteadyTime> due);
  Task<void> deliver_later(std::string receiver, SteadyTime at);
  Task<void> deliver(Receiver, std::string parcel, std::uint64_t save);
  void take_delivery(const Receiver&, const std::string& parcel, const Delivery&);
  void wake_receiver(const std::string& name);
  // telling again
  void keep_round(const Receiver&, Ledger&);
  void pump_round(const Receiver&);
  void arm_round(const Receiver&);
  Task<void> resend(Receiver, Batch, Message);
  Task<Answered> try_once(Receiver, Message);
  Task<void> round_later(std::string receiver, SteadyTime at);
  void spawn(Task<void>, std::string what);
  // the dead man's switch
  Task<void> keep_vouching();
  Task<void> vouch();

  asio::any_io_executor executor_;
  Net& net_;
  WardenEvents& events_;
  std::string version_;
  SteadyTime origin_;
  bool stopped_ = false;

  std::shared_ptr<const Config> config_;
  std::shared_ptr<const AddressPolicy> policy_;
  std::string user_agent_;
  bool keeping_time_ = false;

  std::map<SlotKey, Slot> slots_;
  std::set<Due> due_;  ///< exactly one entry per slot: its own due time
  std::deque<SlotKey> waiting_;
  bool starting_ = false;
  bool more_may_start_ = false;
  std::set<SteadyTime> alarms_;
  Caps caps_;
  Courtesy courtesy_;
  std::shared_ptr<Bodies> bodies_ = std::make_shared<Bodies>();
  std::map<MirrorKey, std::shared_ptr<Validators>> validators_;

  std::shared_ptr<StateFile> state_;
  std::vector<Record> owed_to_state_;  ///< that could not be saved yet
  bool saving_ = false;
  std::uint64_t saves_begun_ = 0;
  std::uint64_t saves_ended_ = 0;  ///< well or badly
  std::string identity_;           ///< tells this agent's messages from another's; as old as the state
  OwingRecords owing_records_;

  bool ready_ = false;  ///< every check of this configuration has ended once

  bool asking_controls_ = false;
  std::optional<SteadyTime> controls_asked_;

  SteadyTime evaluated_{};
  std::optional<SteadyTime> save_fails_since_;
  std::map<std::string, SteadyTime> refuses_since_;  ///< receivers that accept nothing
  bool vouching_ = false;

  Store store_;
  std::shared_ptr<const Snapshot> snapshot_;
  Owing owing_;
  std::map<std::string, std::size_t> owed_;  ///< by receiver, as last looked
  std::set<std::string> delivering_;         ///< receivers with a request under way
  std::set<WakeUp> wake_ups_;                ///< of receivers that something falls due for before the next evaluation
  std::map<std::string, Round> rounds_;      ///< of receivers that forget
  std::set<std::string> rounds_armed_;       ///< receivers whose next round something wakes up for
};

}  // namespace mw
