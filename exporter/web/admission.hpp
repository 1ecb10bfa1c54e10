// Who may come in, who is next, and whose patience with whom is at its end: the listener's decisions. Pure; time is an
// argument, a caller is an address or a network.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string_view>

#include "probes/address.hpp"
#include "probes/model.hpp"

namespace mw {

/// Why a connection or a request was not served.
enum class Refusal : std::uint8_t {
  too_many,         ///< connections in total
  too_many_of_one,  ///< connections of one caller
  evicted,          ///< it was silent, and its place was needed
  busy,             ///< too many requests wait already
  slow_request,
  slow_reader,
  bad_request,
  other_protocol,  ///< TLS to a plain port, HTTP/2, plain HTTP to a TLS port
  tls_handshake,
  unauthorized,
};
inline constexpr std::size_t kRefusals = 10;
std::string_view name(Refusal);

struct WebLimits {
  std::size_t connections = 512;
  std::size_t connections_of_one = 128;
  /// At the same time. Pages are made by the processor: more of them at once only makes each later, and holds more.
  std::size_t answers = 8;
  std::size_t waiting = 256;
  Duration head = std::chrono::seconds(2);
  Duration handshake = std::chrono::seconds(3);
  Duration body = std::chrono::seconds(10);
  Duration reply = std::chrono::seconds(10);  ///< for a slow reader, see ReaderPace
  /// Longer than the usual scrape interval of a minute: or each scrape would meet a connection about to close.
  Duration idle = std::chrono::seconds(75);
  /// A reader that took nothing for so long makes room for somebody who waits.
  Duration stall = std::chrono::milliseconds(500);
};

/// Who comes by a unix socket: a reverse proxy for many, or whoever the socket's rights let come near.
inline constexpr Address kUnixCaller{};

/// Counts connections.
class Admission {
 public:
  explicit Admission(const WebLimits& limits) : limits_(limits) {}
  bool is_full() const { return open_ >= limits_.connections; }
  bool is_full_for(const Address& caller) const;
  /// Close enough to a limit that nobody should keep a connection that is idle.
  bool is_tight(const Address& caller) const;
  void enter(const Address& caller);
  void leave(const Address& caller);
  std::size_t open() const { return open_; }
  std::size_t open_of(const Address& caller) const;

 private:
  WebLimits limits_;
  std::size_t open_ = 0;
  std::map<Address, std::size_t> of_;
};

/// Deals out the places of those who are answered. Next is always somebody of the caller who holds fewest places, so
/// that a crowd from one address makes nobody else wait; among equals it is who waits longest. Tickets grow.
class Turns {
 public:
  using Ticket = std::uint64_t;

  Turns(std::size_t places, std::size_t waiting) : places_(places), most_waiting_(waiting) {}
  /// Takes a place if one is free and nobody waits.
  bool take(const Address& caller);
  /// False: too many wait already.
  bool queue(const Address& caller, Ticket ticket);
  /// Whoever came last of the caller with the longest queue leaves it, so that somebody with a much shorter one can
  /// wait; 0: there is no such caller.
  Ticket displace(const Address& for_whom);
  /// Who waited no longer does. Does nothing if it was never queued or has been called.
  void give_up(const Address& caller, Ticket ticket);
  /// Gives a place back. Whoever has it now; 0: nobody.
  Ticket pass_on(const Address& caller);
  std::size_t waiting() const { return waiting_; }
  std::size_t taken() const { return taken_; }

 private:
  struct Caller {
    std::size_t places = 0;
    std::deque<Ticket> queue;
  };
  void forget_if_gone(const Address& caller);

  std::size_t places_;
  std::size_t most_waiting_;
  std::size_t taken_ = 0;
  std::size_t waiting_ = 0;
  std::map<Address, Caller> callers_;
};

/// How fast one reader takes one reply. It has ten seconds, and then ten more each time it took a good deal in the
/// last ten: who is slow is cut, who is merely reading a large page is not.
class ReaderPace {
 public:
  ReaderPace(SteadyTime start, Duration allowed) : allowed_(allowed), began_(start), moved_(start) {}
  void took(std::size_t bytes, SteadyTime now);
  bool is_too_slow(SteadyTime now);
  Duration stalled(SteadyTime now) const { return now - moved_; }

 private:
  Duration allowed_;
  SteadyTime began_;  ///< of the ten seconds that run
  SteadyTime moved_;
  std::size_t taken_ = 0;  ///< in them
};

/// Written by the listener's thread, read by any.
struct WebTally {
  std::atomic<std::uint64_t> open{0};
  std::array<std::atomic<std::uint64_t>, kRefusals> refused{};
  void count(Refusal why) { refused.at(static_cast<std::size_t>(why)).fetch_add(1, std::memory_order_relaxed); }
};

}  // namespace mw
