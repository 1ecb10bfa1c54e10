// What each receiver is still owed: the difference between what is true and what it was told, in messages of grouped
// news. Pure values; outbox_records.hpp is how they survive. A receiver's trouble concerns that receiver alone.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "alerts/engine.hpp"
#include "alerts/receiver.hpp"

namespace mw {

/// What a receiver knows of one alert, by the numbers of its episodes.
struct Told {
  std::uint64_t attempted = 0;  ///< the last whose firing is in a message, whether or not that was accepted
  std::uint64_t fired = 0;      ///< the last whose firing was accepted
  std::uint64_t resolved = 0;   ///< the last whose all-clear was accepted
  std::uint64_t hushed = 0;     ///< the last that fired under a silence since it was told: news when that ends
  SysTime started{};            ///< when the last attempted one began
  SysTime ended{};              ///< when the last resolved one did, until resend.hpp has told that for long enough
  bool operator==(const Told&) const = default;
};

struct Owed {
  AlertKey key;
  std::uint64_t episode = 0;
  bool firing = true;
  bool news = true;  ///< false: told before, and in the message because it goes on
  SysTime starts_at{};
  SysTime ends_at{};  ///< when it is over
  bool operator==(const Owed&) const = default;
};

/// What a message is to be made of.
struct Batch {
  std::string group;                          ///< its key; a digest's is kDigest
  std::map<std::string, std::string> labels;  ///< that its alerts share; none of a digest
  std::vector<std::string> groups;            ///< those whose news are in it
  std::vector<Owed> items;                    ///< what fires first
  MessageKind kind = MessageKind::news;
  bool catches_up = false;  ///< tells the end of what is firing again: the next one need not wait
};
inline constexpr const char* kDigest = "digest";

/// A message that was made and not yet settled: it stays as it is, whatever happens meanwhile. Only after a restart its
/// words are made anew.
struct Parcel {
  Message message;
  std::map<std::string, std::string> labels;
  std::vector<std::string> groups;
  std::vector<Owed> items;
  int attempts = 0;
  SteadyTime tried{};     ///< last
  bool silenced = false;  ///< all that it is about is silenced: it waits
};

struct Group {
  std::optional<SteadyTime> waiting = {};  ///< since when there is news that is in no message
  std::optional<SteadyTime> flushed = {};  ///< when its last message was made
  bool free = false;                       ///< that one told the end of what fires again: the next need not wait
};

/// A message that the receiver would never have taken.
struct DeadLetter {
  std::string id;
  SysTime at{};
  std::string error;
  std::string headline;
};

/// Messages since the process began. At every moment: made = accepted + buried + dropped + those under way.
struct Tally {
  std::size_t made = 0;  ///< those that an earlier life left under way included
  std::size_t accepted = 0;
  std::size_t buried = 0;   ///< dead letters
  std::size_t dropped = 0;  ///< there was nothing left to say, or something newer
};

struct Ledger {
  std::map<AlertKey, Told> told;
  std::map<std::string, Group> groups;
  std::map<std::string, Parcel> parcels;  ///< by Batch::group
  std::uint64_t sequence = 0;             ///< of the last message made
  int failures = 0;                       ///< in a row
  SteadyTime not_before{};                ///< when to try again
  std::string last_error;
  double tokens_used = 0;  ///< of the kind's Pace, as of tokens_at
  SteadyTime tokens_at{};
  std::deque<DeadLetter> dead;  ///< the newest last, 20 at most
  Tally tally;
};

/// By receiver name.
using Outbox = std::map<std::string, Ledger>;

/// Everything a receiver should hear of a group now. No items: what it was told of goes on, muted or silenced.
struct Outline {
  std::map<std::string, std::string> labels;
  std::vector<Owed> items;
  std::size_t news = 0;  ///< how many of them it was not told
  bool catches_up = false;
  bool was_hushed = false;  ///< a silence has held news of it back for longer than others have to wait
};
/// By group.
using Outlook = std::map<std::string, Outline>;
Outlook look_out(const Ledger&, const Alerts&, const Receiver&);

/// Sees which messages under way wait for a silence to end, and what fires under one. To be asked before noted().
Ledger held_back(Ledger, const Alerts&, const Receiver&);

/// Sees what is news, which groups there are, and which are no more.
Ledger noted(Ledger, const Outlook&, SteadyTime now);

/// What to do next: send this parcel, or make a message of this batch. Nothing: there is nothing to tell, or it is not
/// yet time. To be asked after noted().
struct NextStep {
  std::string parcel;  ///< its group; empty = make one of `batch`
  Batch batch;
};
std::optional<NextStep> next_step(const Ledger&, const Outlook&, const Receiver&, SteadyTime now);

/// When next_step() will have something, should nothing happen before; asked when it has nothing now. Nothing: never.
std::optional<SteadyTime> next_time(const Ledger&, const Outlook&, const Receiver&);

/// How many pieces of news it has not accepted; what is muted or silenced is not counted.
std::size_t count_owed(const Outlook&);

/// The number and the id of the message that comes next. `agent` tells two agents' messages apart; `made`, now, one
/// from another of the same number that is forgotten: sent before a crash from a disk that took nothing, or to a
/// receiver that was not configured for a while.
std::uint64_t next_sequence(const Ledger&);
std::string message_id(const std::string& agent, const std::string& receiver, std::uint64_t sequence, SysTime made);

/// What the parcel's message is made of, to make it anew.
Batch batch_of(const std::string& group, const Parcel&);

/// The batch became this message: from here on the other side may hear of it.
Ledger packed(Ledger, const Batch&, Message, SteadyTime now);
/// Before the request is sent.
Ledger attempted(Ledger, const std::string& parcel, const Receiver&, SteadyTime now);
/// Accepted, or for the third time rejected: settled. Else it is tried again, later each time: 1 s doubling to 5 min
/// with jitter, or what Retry-After says up to 1 h if that is longer; not before a minute where the address or the
/// credentials are wrong.
Ledger settled(Ledger, const std::string& parcel, const Delivery&, Instant now);

/// Gives a message up of whose alerts nothing is known any more: after a restart its words cannot be found again.
Ledger dropped(Ledger, const std::string& parcel);
/// Gives all of them up: for a receiver whose next message says what is so then.
Ledger given_up(Ledger);

/// Drops alerts that no longer exist and that nobody is owed anything about.
void forget_finished(Alerts&, Outbox&, const std::vector<Receiver>&);

}  // namespace mw
