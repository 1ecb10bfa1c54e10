// What every live operation shares: the loop, its clock, a way to be woken and a way to watch a descriptor.
// Libraries' callbacks only record and wake(); a coroutine goes on from the loop, never inside a callback.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <set>

#include "probes/model.hpp"

namespace mw {

class Wakeup;

/// One per LiveNet, kept alive by its pending operations. Used on the loop's thread only.
class LiveLoop : public std::enable_shared_from_this<LiveLoop> {
 public:
  explicit LiveLoop(asio::io_context& context) : context_(context) {}

  asio::io_context& context() { return context_; }
  /// Constant until the loop has been through what is ready now, or an operation of ours resumes.
  SteadyTime now();
  void begin_turn();
  /// Wakes every pending operation; each finds closed() and ends.
  void close();
  bool closed() const { return closed_; }

 private:
  friend class Wakeup;

  asio::io_context& context_;
  std::set<Wakeup*> wakeups_;
  SteadyTime now_{};
  bool frozen_ = false;
  bool closed_ = false;
};

/// From the real clock, not from the turn's. Anything beyond a month is a month: sums must not overflow.
SteadyTime deadline_after(Duration timeout);

/// What a suspended operation waits on. Lives in the operation; destroying it cancels the wait.
class Wakeup {
 public:
  explicit Wakeup(std::shared_ptr<LiveLoop>);
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  /// Safe inside a callback: nothing resumes before the loop's next turn. Not lost if nobody waits yet.
  void wake();
  /// Returns after wake(), at the deadline or when the loop is closed, whichever comes first.
  asio::awaitable<void> until(SteadyTime deadline);

 private:
  std::shared_ptr<LiveLoop> loop_;
  asio::steady_timer timer_;
  bool woken_ = false;
};

/// Reports, from the loop, whenever a descriptor that somebody else owns is ready. Destroy it before closing that.
class Watch {
 public:
  using Ready = std::function<void(bool readable, bool writable)>;  ///< may destroy the Watch
  Watch(asio::io_context&, int descriptor, Ready);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void want(bool readable, bool writable);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// A descriptor that is closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int descriptor = -1) : descriptor_(descriptor) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : descriptor_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;

  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }
  int release();
  void reset();

 private:
  int descriptor_;
};

}  // namespace mw
