// A TLS session over a socket that somebody else owns and waits on: each step says what it needs next.
// Shows nothing of OpenSSL.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "probes/live_contexts.hpp"
#include "probes/net.hpp"
#include "probes/tls_seen.hpp"

namespace mw {

enum class TlsStep : std::uint8_t { done, read, write, ended, broken };

class TlsSession {
 public:
  /// `host` is whom the certificate is to be for, unless the terms name somebody.
  TlsSession(TlsContexts::Context, int socket, TlsTerms, const std::string& host);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  TlsStep handshake();
  /// After the handshake: what is wrong with whom it was with.
  std::optional<Failure> verdict() const;
  TlsStep read(std::string& into);
  TlsStep write(std::string_view& rest);  ///< takes from the front what has gone out
  /// After `broken`.
  const Failure& failure() const { return failure_; }
  std::optional<TlsSeen> seen() const;

 private:
  struct Session;
  TlsStep step_of(int result);
  std::unique_ptr<Session> session_;
  TlsTerms terms_;
  std::string name_;
  Failure failure_{Layer::tls, Reason::local_resource, "OpenSSL cannot be set up"};
};

}  // namespace mw
