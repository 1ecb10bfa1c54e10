// The loop's clock, wake-ups and watches.
#include "probes/live_loop.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

namespace mw {

// ---- the clock ----------------------------------------------------------------------------------------------

SteadyTime LiveLoop::now() {
  if (frozen_) return now_;
  begin_turn();
  frozen_ = true;
  // Whoever asks later, woken by something that is not ours, must not be told of a time long gone.
  asio::post(context_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->frozen_ = false;
  });
  return now_;
}

void LiveLoop::begin_turn() { now_ = std::chrono::steady_clock::now(); }

void LiveLoop::close() {
  closed_ = true;
  for (Wakeup* wakeup : wakeups_) wakeup->wake();
}

SteadyTime deadline_after(Duration timeout) {
  constexpr Duration kLongest = std::chrono::hours(24 * 30);
  return std::chrono::steady_clock::now() + std::clamp(timeout, Duration::zero(), kLongest);
}

// ---- wake-ups -----------------------------------------------------------------------------------------------

Wakeup::Wakeup(std::shared_ptr<LiveLoop> loop) : loop_(std::move(loop)), timer_(loop_->context()) {
  loop_->wakeups_.insert(this);
}

Wakeup::~Wakeup() { loop_->wakeups_.erase(this); }

void Wakeup::wake() {
  woken_ = true;
  timer_.cancel();
}

asio::awaitable<void> Wakeup::until(SteadyTime deadline) {
  if (!woken_ && !loop_->closed()) {
    timer_.expires_at(deadline);
    std::error_code cancelled;
    auto token = asio::redirect_error(asio::use_awaitable, cancelled);
    co_await timer_.async_wait(token);
  }
  woken_ = false;
  loop_->begin_turn();
}

// ---- watches ------------------------------------------------------------------------------------------------

struct Watch::State : std::enable_shared_from_this<State> {
  enum Side : std::size_t { reading, writing };

  State(asio::io_context& context, Ready when_ready) : descriptor(context), ready(std::move(when_ready)) {}

  void arm(Side side) {
    if (!alive || !wanted.at(side) || armed.at(side)) return;
    armed.at(side) = true;
    const auto kind = side == reading ? descriptor.wait_read : descriptor.wait_write;
    descriptor.async_wait(kind, [weak = weak_from_this(), side](std::error_code error) {
      if (const auto self = weak.lock()) self->fired(side, error);
    });
  }

  void fired(Side side, std::error_code error) {
    armed.at(side) = false;
    if (!alive || error == asio::error::operation_aborted) return;
    if (wanted.at(side)) ready(side == reading, side == writing);
    arm(side);
  }

  asio::posix::stream_descriptor descriptor;
  Ready ready;
  std::array<bool, 2> wanted{};
  std::array<bool, 2> armed{};
  bool alive = true;
};

Watch::Watch(asio::io_context& context, int descriptor, Ready ready)
    : state_(std::make_shared<State>(context, std::move(ready))) {
  std::error_code error;
  state_->descriptor.assign(descriptor, error);
}

Watch::~Watch() {
  state_->alive = false;
  if (state_->descriptor.is_open()) state_->descriptor.release();
}

void Watch::want(bool readable, bool writable) {
  if (!state_->descriptor.is_open()) return;
  state_->wanted = {readable, writable};
  state_->arm(State::reading);
  state_->arm(State::writing);
}

// ---- descriptors --------------------------------------------------------------------------------------------

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    descriptor_ = other.release();
  }
  return *this;
}

int Descriptor::release() { return std::exchange(descriptor_, -1); }

void Descriptor::reset() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

}  // namespace mw
