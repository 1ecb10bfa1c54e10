// Connecting, reading and writing without blocking, and what the system says of it in our own words.
#include "probes/live_stream.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "probes/live_reason.hpp"

namespace mw {

bool bind_source(int socket, const std::optional<Address>& source) {
  if (!source) return true;
  sockaddr_storage from{};
  const socklen_t length = to_socket_address({*source, 0}, from);
  return ::bind(socket, reinterpret_cast<sockaddr*>(&from), length) == 0;
}

Stream::Stream(std::shared_ptr<LiveLoop> loop, Endpoint to, std::optional<Address> source)
    : loop_(std::move(loop)), to_(to), source_(source), wakeup_(loop_) {}

Failure Stream::stalled(Layer layer, const char* what) const {
  if (loop_->closed()) return closed_door(layer);
  return {layer, Reason::timeout, to_string(to_.address) + " port " + std::to_string(to_.port) + ": " + what};
}

Failure Stream::broken() const {
  if (tls_) return tls_->failure();
  return {Layer::http, reason_of_errno(error_), std::strerror(error_)};
}

/// Waits until the socket can go on with `step`; false at the deadline or when the door is closed.
Task<bool> Stream::ready(TlsStep step, SteadyTime until) {
  watch_->want(step == TlsStep::read, step == TlsStep::write);
  co_await wakeup_.until(until);
  const bool in_time = std::chrono::steady_clock::now() < until;
  co_return in_time && !loop_->closed();
}

bool Stream::start_connecting(Failure& trouble) {
  sockaddr_storage to{};
  const socklen_t length = to_socket_address(to_, to);
  socket_ = Descriptor(open_socket(to_.address.v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0));
  const bool started =
      socket_ && bind_source(socket_.get(), source_) &&
      (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&to), length) == 0 || errno == EINPROGRESS);
  if (!started) {
    trouble = {Layer::connect, reason_of_errno(errno), std::strerror(errno)};
    return false;
  }
  watch_ = std::make_unique<Watch>(loop_->context(), socket_.get(), [this](bool, bool) {
    watch_->want(false, false);
    wakeup_.wake();
  });
  return true;
}

Task<std::optional<Failure>> Stream::connect(SteadyTime deadline) {
  Failure trouble{};
  if (!start_connecting(trouble)) co_return trouble;
  const bool in_time = co_await ready(TlsStep::write, deadline);
  if (!in_time) co_return stalled(Layer::connect, "not connected within the deadline");
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error == 0) co_return std::nullopt;
  co_return Failure{Layer::connect, reason_of_errno(error),
                    to_string(to_.address) + " port " + std::to_string(to_.port) + ": " + std::strerror(error)};
}

Task<std::optional<Failure>> Stream::secure(std::unique_ptr<TlsSession> session, SteadyTime deadline) {
  tls_ = std::move(session);
  buffer_.clear();  // said in the clear: whoever sits in between may have said it
  TlsStep step = tls_->handshake();
  while (step == TlsStep::read || step == TlsStep::write) {
    const bool in_time = co_await ready(step, deadline);
    if (!in_time) co_return stalled(Layer::tls, "TLS handshake not finished within the deadline");
    step = tls_->handshake();
  }
  seen_ = tls_->seen();
  if (step != TlsStep::done) co_return broken();
  co_return tls_->verdict();
}

TlsStep Stream::read_plain() {
  std::array<char, 16 * 1024> piece{};
  const ssize_t got = ::recv(socket_.get(), piece.data(), piece.size(), 0);
  if (got > 0) buffer_.append(piece.data(), static_cast<std::size_t>(got));
  if (got > 0) return TlsStep::done;
  if (got == 0) return TlsStep::ended;
  error_ = errno;
  return error_ == EAGAIN || error_ == EINTR ? TlsStep::read : TlsStep::broken;
}

Task<std::optional<Failure>> Stream::read(SteadyTime deadline) {
  for (;;) {
    const TlsStep step = tls_ ? tls_->read(buffer_) : read_plain();
    ended_ = step == TlsStep::ended;
    if (step == TlsStep::done || ended_) co_return std::nullopt;
    if (step == TlsStep::broken) co_return broken();
    const bool in_time = co_await ready(step, deadline);
    if (!in_time) co_return stalled(Layer::http, "nothing came within the deadline");
  }
}

TlsStep Stream::write_plain(std::string_view& rest) {
  const ssize_t sent = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
  if (sent >= 0) rest.remove_prefix(static_cast<std::size_t>(sent));
  if (sent >= 0) return TlsStep::done;
  error_ = errno;
  return error_ == EAGAIN || error_ == EINTR ? TlsStep::write : TlsStep::broken;
}

Task<std::optional<Failure>> Stream::write(std::string bytes, SteadyTime deadline) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const TlsStep step = tls_ ? tls_->write(rest) : write_plain(rest);
    if (step == TlsStep::done) continue;
    if (step == TlsStep::broken || step == TlsStep::ended) co_return broken();
    const bool in_time = co_await ready(step, deadline);
    if (!in_time) co_return stalled(Layer::http, "what was said did not go out within the deadline");
  }
  co_return std::nullopt;
}

}  // namespace mw
