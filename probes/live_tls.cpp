// OpenSSL without blocking. A bad certificate does not stop the handshake: it is evidence, and judged afterwards.
#include "probes/live_tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "probes/live_certificate.hpp"
#include "probes/live_reason.hpp"
#include "probes/live_tls_seen.hpp"

namespace mw {

namespace {

struct FreeTls {
  void operator()(SSL* tls) const { SSL_free(tls); }
};

int number_of(TlsVersion version) {
  constexpr std::array kNumbers = {0, TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
  return kNumbers.at(static_cast<std::size_t>(version));
}

void set_versions(SSL* tls, const TlsTerms& terms) {
  const bool old = terms.least == TlsVersion::v1_0 || terms.least == TlsVersion::v1_1;
  if (terms.least != TlsVersion::any) SSL_set_min_proto_version(tls, number_of(terms.least));
  if (terms.most != TlsVersion::any) SSL_set_max_proto_version(tls, number_of(terms.most));
  if (old) SSL_set_security_level(tls, 0);  // the system's level forbids what these versions sign with
}

}  // namespace

struct TlsSession::Session {
  std::unique_ptr<SSL, FreeTls> tls;
};

TlsSession::TlsSession(TlsContexts::Context context, int socket, TlsTerms terms, const std::string& host)
    : session_(std::make_unique<Session>()),
      terms_(std::move(terms)),
      name_(terms_.server_name.empty() ? host : terms_.server_name) {
  if (name_.ends_with('.')) name_.pop_back();
  ERR_clear_error();
  session_->tls.reset(SSL_new(context.get()));
  if (!session_->tls || SSL_set_fd(session_->tls.get(), socket) != 1) {
    session_->tls.reset();
    return;
  }
  set_versions(session_->tls.get(), terms_);
  if (!parse_address(name_)) SSL_set_tlsext_host_name(session_->tls.get(), name_.c_str());
  SSL_set_connect_state(session_->tls.get());
}

TlsSession::~TlsSession() = default;

/// Directly after the call that gave `result`, the error queue and errno still as it left them.
TlsStep TlsSession::step_of(int result) {
  if (result > 0) return TlsStep::done;
  const int system = errno;
  const int error = SSL_get_error(session_->tls.get(), result);
  if (error == SSL_ERROR_WANT_READ) return TlsStep::read;
  if (error == SSL_ERROR_WANT_WRITE) return TlsStep::write;
  if (error == SSL_ERROR_ZERO_RETURN) return TlsStep::ended;
  const unsigned long code = ERR_peek_error();
  if (error == SSL_ERROR_SSL && code != 0) {
    const char* text = ERR_reason_error_string(code);
    failure_ = {Layer::tls, reason_of_openssl(code), text != nullptr ? text : "broken TLS"};
  } else if (error == SSL_ERROR_SYSCALL && system != 0) {
    failure_ = {Layer::tls, reason_of_errno(system), std::strerror(system)};
  } else {
    failure_ = {Layer::tls, Reason::eof, "closed without a word"};
  }
  return TlsStep::broken;
}

TlsStep TlsSession::handshake() {
  if (!session_->tls) return TlsStep::broken;
  ERR_clear_error();
  errno = 0;
  return step_of(SSL_do_handshake(session_->tls.get()));
}

std::optional<Failure> TlsSession::verdict() const {
  if (!terms_.verify) return std::nullopt;
  const long result = SSL_get_verify_result(session_->tls.get());
  if (SSL_get0_peer_certificate(session_->tls.get()) == nullptr)
    return Failure{Layer::tls, Reason::protocol, "no certificate was shown"};
  if (result != X509_V_OK) return Failure{Layer::tls, reason_of_verify(result), X509_verify_cert_error_string(result)};
  if (!is_for(session_->tls.get(), name_))
    return Failure{Layer::tls, Reason::host_mismatch, "the certificate is not for " + name_};
  return std::nullopt;
}

TlsStep TlsSession::read(std::string& into) {
  std::array<char, 16 * 1024> buffer{};
  ERR_clear_error();
  errno = 0;
  const int result = SSL_read(session_->tls.get(), buffer.data(), static_cast<int>(buffer.size()));
  if (result > 0) into.append(buffer.data(), static_cast<std::size_t>(result));
  return step_of(result);
}

TlsStep TlsSession::write(std::string_view& rest) {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_write(session_->tls.get(), rest.data(), static_cast<int>(rest.size()));
  if (result > 0) rest.remove_prefix(static_cast<std::size_t>(result));
  return step_of(result);
}

std::optional<TlsSeen> TlsSession::seen() const { return session_->tls ? tls_seen(session_->tls.get()) : std::nullopt; }

}  // namespace mw
