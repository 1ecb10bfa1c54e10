// What receivers ought to be told, and the laws that their messages obey: from the alerts' oracle, from what was put
// into messages, and from what arrived. Calls nothing that decides in the code under test.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "alerts/outbox.hpp"
#include "tests/properties/oracle.hpp"

namespace mw::property {

/// A message as it was made, and what became of it in the world outside: no crash of ours undoes that.
struct Made {
  struct Item {
    int alert = 0;
    bool firing = true;
    bool news = true;
    std::uint32_t serial = 0;
  };
  int receiver = 0;
  std::string id;
  std::string parcel;
  std::uint64_t sequence = 0;
  std::vector<Item> items;
  std::vector<Owed> owed;
  std::uint64_t groups = 0;  ///< one bit each
  int attempts = 0;
  int rejections = 0;
  int receptions = 0;
  int excuses = 0;  ///< outcomes that left it open whether it was taken, and crashes before that was written down
};

class PostOracle {
 public:
  static constexpr int kGroups = 48;
  static constexpr int kPending = 12;

  /// What the process knows of a receiver, and a crash may take back.
  struct Heard {
    std::uint32_t serial = 0;  ///< the last episode whose firing is in a message
    std::uint64_t episode = 0;
    SysTime started{};
    bool over = false;         ///< so is its end
    std::uint32_t hushed = 0;  ///< the last episode that fired under a silence and was in no message since
  };
  struct Group {
    bool waits = false;
    bool flushed = false;
    bool free = false;  ///< told an end that another beginning follows
    SteadyTime waiting{};
    SteadyTime earliest{};  ///< when its last message was made
    SteadyTime latest{};
    Duration jumps{};  ///< the clock's jumps forward, as of then
  };
  struct Knowledge {
    std::array<Heard, kAlerts> heard{};
    std::array<Group, kGroups> groups{};
    std::array<int, kPending> pending{};  ///< messages that are not settled
    int pending_count = 0;
    std::uint64_t sequence = 0;
    std::size_t made = 0;
    std::size_t accepted = 0;
    std::size_t buried = 0;
    std::size_t wordless = 0;
  };
  using All = std::array<Knowledge, kReceivers>;

  PostOracle(const Setup& setup, const AlertOracle& alerts) : setup_(setup), alerts_(alerts) {}

  const All& knowledge() const { return known_; }
  void jumped(Duration by);
  /// A receiver was taken away: what it was told concerns nobody.
  void forget(int receiver);
  /// The process died and lives again, with a monotonic clock that is `base` behind the real one.
  Broken restored(const All& on_disk, Duration base, SteadyTime now, const Outbox& said);

  /// The outbox looked at what is true, and holds so many pieces of news to be owed.
  Broken looked(int receiver, const Wiring&, SteadyTime now, std::size_t owed);
  Broken nothing_to_do(int receiver, const Wiring&, SteadyTime now) const;
  Broken packed(int receiver, const Wiring&, SteadyTime now, const Batch&, const Message&);
  Broken attempted(int receiver, const std::string& parcel, const Parcel&, SteadyTime now);
  /// The other side has it.
  Broken received(int receiver, const std::string& id);
  /// `after` as the outbox left it; its times are on the process's own monotonic clock, `base` behind the real one.
  Broken settled(int receiver, const std::string& parcel, const Delivery&, const Ledger& after, Clocks now);
  /// Nothing is known of its alerts any more.
  void wordless(int receiver, const std::string& parcel);
  /// I1, for when everything has been well for long.
  Broken check_all_told(const Wiring&, SteadyTime now) const;
  Broken check_bounds(const Outbox&) const;

  const std::vector<Made>& made() const { return made_; }

 private:
  enum class News : std::uint8_t { none, firing, over };
  struct Outside {
    std::array<std::uint32_t, kAlerts> serial{};  ///< of the episode it last heard of
    std::array<bool, kAlerts> firing{};           ///< and whether that goes on
    std::array<bool, kAlerts> tainted{};          ///< heard what we do not remember to have said
    std::array<int, kAlerts> newest{};            ///< message, + 1
    std::vector<SteadyTime> attempts;
    std::vector<SteadyTime> failed;  ///< since a message was settled, those left out that Retry-After asked for
    bool asked_to_wait = false;
    int failures = 0;
    SteadyTime earliest{};  ///< of the next attempt
    SteadyTime latest{};
  };

  bool all_silenced(const Made&) const;
  int group_of(int receiver, int alert) const;
  News news_of(int receiver, int alert, const Wiring&) const;
  bool goes_on(int receiver, int alert, const Wiring&) const;
  bool lives_on(int receiver, int alert, const Wiring&) const;
  bool was_hushed(int receiver, int group, const Wiring&) const;
  std::uint64_t news_groups(int receiver, const Wiring&) const;
  std::uint64_t pending_groups(int receiver) const;
  bool may_attempt(int receiver, SteadyTime now) const;
  bool has_tokens(int receiver, SteadyTime now) const;
  Broken check_reminder(int receiver, int group, SteadyTime now) const;
  Broken check_news(int receiver, int group, const Wiring&, SteadyTime now) const;
  Broken check_items(int receiver, const Wiring&, const Made&, bool news) const;
  Broken check_episode(int receiver, const Owed&, int alert) const;
  Broken make_item(int receiver, const Owed&, Made&) const;
  void note(int receiver, const Made&, SteadyTime now);
  void set_retry(int receiver, const Delivery&, SteadyTime now);
  void bury(int receiver, int message, SteadyTime now);
  int find_pending(int receiver, const std::string& parcel) const;
  void drop_pending(int receiver, int message);
  void heard_of(int receiver, const Made&);
  Broken check_retry(int receiver, const Delivery&, const Ledger&, Clocks now) const;
  void taint(int receiver, const Knowledge& disk);
  void restore_groups(Knowledge&, SteadyTime now) const;
  Broken check_conserved(int receiver, const Ledger&) const;
  Broken check_reception(int receiver, const Made&, int message);

  const Setup& setup_;
  const AlertOracle& alerts_;
  All known_{};
  std::array<Outside, kReceivers> outside_;
  std::vector<Made> made_;
  Duration base_{};
  Duration forward_{};
  int jumps_ = 0;
};

}  // namespace mw::property
