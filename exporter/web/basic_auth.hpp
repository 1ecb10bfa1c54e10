// Names and passwords (RFC 7617) against bcrypt hashes. A hash costs tens of milliseconds on purpose, so those that
// were right are remembered, by a digest that is of no use to anybody else. Knows no sockets and no threads.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/web/web_config.hpp"
#include "probes/secret.hpp"

namespace mw {

struct Login {
  std::string name;
  Secret password;
};

/// Out of an Authorization header; nothing if it holds none.
std::optional<Login> read_login(std::string_view authorization);

/// What the password has to be compared with. For a name that nobody has it is a hash that no password fits and that
/// costs as much as the costliest: how long the answer takes does not tell who exists.
Secret hash_for(const std::vector<WebUser>& users, std::string_view name);

/// Slow.
bool is_password(const Secret& password, const Secret& hash);

/// The logins that were right lately. Thread-compatible.
class KnownLogins {
 public:
  /// `key`: random bytes of this process.
  explicit KnownLogins(Secret key) : key_(std::move(key)) {}
  bool knows(const Login& login, const Secret& hash) const;
  void learn(const Login& login, const Secret& hash);

 private:
  std::string digest_of(const Login& login, const Secret& hash) const;
  Secret key_;
  std::deque<std::string> digests_;  ///< the newest last
};

}  // namespace mw
