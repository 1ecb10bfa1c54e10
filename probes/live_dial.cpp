// Connect, then handshake, each step classified. Verification never stops the handshake: a bad certificate is
// evidence, and evidence is kept.
#include "probes/live_dial.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <variant>

#include "probes/live_certificate.hpp"
#include "probes/live_contexts.hpp"
#include "probes/live_reason.hpp"
#include "probes/live_socket.hpp"

namespace mw {

namespace {

/// How long a server that asked for a certificate may take to complain that it got none: at least this, two round
/// trips if they are longer.
constexpr std::chrono::milliseconds kComplaintTime(50);

struct FreeTls {
  void operator()(SSL* tls) const { SSL_free(tls); }
};
using ContextPointer = TlsContexts::Context;

}  // namespace

std::shared_ptr<TlsContexts> make_tls_contexts() { return std::make_shared<TlsContexts>(); }

// ---- one dial -----------------------------------------------------------------------------------------------

namespace {

class Dialing {
 public:
  Dialing(std::shared_ptr<LiveLoop> loop, Dial what)
      : loop_(std::move(loop)),
        what_(std::move(what)),
        wakeup_(loop_),
        started_(std::chrono::steady_clock::now()),
        deadline_(deadline_after(what_.timeout)) {}

  Task<void> connect();
  Task<void> handshake(ContextPointer context);
  bool failed() const { return link_.failure.has_value(); }
  void fail(Layer layer, Reason reason, const std::string& text);
  Link take() { return std::move(link_); }

 private:
  enum class Step { done, read, write, broken };

  bool start_connecting();
  bool set_up(ContextPointer context);
  Step handshake_step();
  Task<bool> ready(Step step, SteadyTime until);
  Task<void> listen_for_complaint();
  void fail_stalled(Layer layer);
  void fail_handshake(int result);
  void judge();
  std::string server_name() const;
  static int on_certificate_wanted(SSL*, void* self);

  std::shared_ptr<LiveLoop> loop_;
  Dial what_;
  Wakeup wakeup_;
  SteadyTime started_;
  SteadyTime deadline_;
  Link link_;
  Descriptor socket_;
  std::unique_ptr<SSL, FreeTls> tls_;
  std::unique_ptr<Watch> watch_;  // after the socket: gone before it is closed
  bool certificate_wanted_ = false;
};

void Dialing::fail(Layer layer, Reason reason, const std::string& text) {
  const std::string host = what_.server_name.empty() ? "" : what_.server_name + " at ";
  link_.failure =
      Failure{layer, reason, host + to_string(what_.address) + " port " + std::to_string(what_.port) + ": " + text};
}

void Dialing::fail_stalled(Layer layer) {
  if (loop_->closed())
    link_.failure = closed_door(layer);
  else
    fail(layer, Reason::timeout,
         layer == Layer::tls ? "TLS handshake not finished within the deadline" : "not connected within the deadline");
}

/// Waits until the socket can go on with `step`; false at the deadline or when the door is closed.
Task<bool> Dialing::ready(Step step, SteadyTime until) {
  watch_->want(step == Step::read, step == Step::write);
  co_await wakeup_.until(until);
  const bool in_time = std::chrono::steady_clock::now() < until;
  co_return in_time && !loop_->closed();
}

bool Dialing::start_connecting() {
  sockaddr_storage to{};
  const socklen_t length = to_socket_address({what_.address, what_.port}, to);
  socket_ = Descriptor(open_socket(what_.address.v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0));
  const bool started =
      socket_ && (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&to), length) == 0 || errno == EINPROGRESS);
  if (!started) {
    const int error = errno;
    fail(Layer::connect, reason_of_errno(error), std::strerror(error));
    return false;
  }
  watch_ = std::make_unique<Watch>(loop_->context(), socket_.get(), [this](bool, bool) {
    watch_->want(false, false);
    wakeup_.wake();
  });
  return true;
}

Task<void> Dialing::connect() {
  if (!start_connecting()) co_return;
  const bool in_time = co_await ready(Step::write, deadline_);
  if (!in_time) {
    fail_stalled(Layer::connect);
    co_return;
  }
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0)
    fail(Layer::connect, reason_of_errno(error), std::strerror(error));
  else
    link_.timings.connect = std::chrono::steady_clock::now() - started_;
}

std::string Dialing::server_name() const {
  std::string name = what_.server_name.empty() ? to_string(what_.address) : what_.server_name;
  if (name.ends_with('.')) name.pop_back();
  return name;
}

int Dialing::on_certificate_wanted(SSL*, void* self) {
  static_cast<Dialing*>(self)->certificate_wanted_ = true;
  return 1;
}

bool Dialing::set_up(ContextPointer context) {
  ERR_clear_error();
  tls_.reset(SSL_new(context.get()));
  if (!tls_ || SSL_set_fd(tls_.get(), socket_.get()) != 1) {
    fail(Layer::tls, Reason::local_resource, "OpenSSL cannot be set up");
    return false;
  }
  const std::string name = server_name();
  if (!parse_address(name)) SSL_set_tlsext_host_name(tls_.get(), name.c_str());
  SSL_set_cert_cb(tls_.get(), &Dialing::on_certificate_wanted, this);
  SSL_set_connect_state(tls_.get());
  return true;
}

Dialing::Step Dialing::handshake_step() {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(tls_.get());
  if (result == 1) return Step::done;
  const int error = SSL_get_error(tls_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return Step::read;
  if (error == SSL_ERROR_WANT_WRITE) return Step::write;
  fail_handshake(error);
  return Step::broken;
}

/// `error` as SSL_get_error() names it, the error queue and errno still as they were.
void Dialing::fail_handshake(int error) {
  const int system = errno;
  const unsigned long code = ERR_peek_error();
  if (error == SSL_ERROR_SSL && code != 0) {
    const Reason reason = reason_of_openssl(code);
    const char* text = ERR_reason_error_string(code);
    // Before TLS 1.3 a server that misses our certificate just says "handshake failure".
    const bool misses_ours = reason == Reason::alert && certificate_wanted_ && what_.tls->cert_file.empty();
    fail(Layer::tls, misses_ours ? Reason::client_certificate : reason, text != nullptr ? text : "broken TLS");
  } else if (error == SSL_ERROR_SYSCALL && system != 0) {
    fail(Layer::tls, reason_of_errno(system), std::strerror(system));
  } else {
    fail(Layer::tls, Reason::eof, "closed during the TLS handshake");
  }
}

Task<void> Dialing::handshake(ContextPointer context) {
  if (!set_up(context)) co_return;
  const SteadyTime begun = std::chrono::steady_clock::now();
  Step step = handshake_step();
  while (step == Step::read || step == Step::write) {
    const bool in_time = co_await ready(step, deadline_);
    if (!in_time) {
      fail_stalled(Layer::tls);
      break;
    }
    step = handshake_step();
  }
  link_.certificate = shown_certificate(tls_.get());
  if (step != Step::done) co_return;
  link_.timings.tls = std::chrono::steady_clock::now() - begun;
  judge();
  if (!failed() && certificate_wanted_) co_await listen_for_complaint();
}

/// OpenSSL's own verdict first, the name after it: with several things wrong the answer is always the same.
void Dialing::judge() {
  const long result = SSL_get_verify_result(tls_.get());
  if (!link_.certificate)
    fail(Layer::tls, Reason::protocol, "no certificate was shown");
  else if (result != X509_V_OK)
    fail(Layer::tls, reason_of_verify(result), X509_verify_cert_error_string(result));
  else if (!is_for(tls_.get(), server_name()))
    fail(Layer::tls, Reason::host_mismatch, "the certificate is for another name");
}

/// In TLS 1.3 the handshake is over for us before the server has looked at our certificate, or missed it.
Task<void> Dialing::listen_for_complaint() {
  const Duration patience = std::max<Duration>(kComplaintTime, 2 * link_.timings.connect.value_or(Duration::zero()));
  const SteadyTime until = std::min(deadline_, SteadyTime(std::chrono::steady_clock::now() + patience));
  for (;;) {
    char byte = 0;
    ERR_clear_error();
    errno = 0;
    const int result = SSL_read(tls_.get(), &byte, 1);
    const int error = SSL_get_error(tls_.get(), result);
    const bool wants_more = error == SSL_ERROR_WANT_READ;
    if (error == SSL_ERROR_SSL) fail_handshake(error);
    if (!wants_more) co_return;
    const bool in_time = co_await ready(Step::read, until);
    if (!in_time) co_return;
  }
}

}  // namespace

Task<Link> live_dial(std::shared_ptr<LiveLoop> loop, std::shared_ptr<TlsContexts> contexts, Dial what) {
  const std::optional<TlsOptions> tls = what.tls;
  Dialing dialing(loop, std::move(what));
  if (loop->closed()) {
    Link link;
    link.failure = closed_door(Layer::connect);
    co_return link;
  }
  co_await dialing.connect();
  if (!dialing.failed() && tls) {
    const auto context = contexts->get(*tls);
    if (const auto* failure = std::get_if<Failure>(&context))
      dialing.fail(failure->layer, failure->reason, failure->detail);
    else
      co_await dialing.handshake(std::get<ContextPointer>(context));
  }
  co_return dialing.take();
}

}  // namespace mw
