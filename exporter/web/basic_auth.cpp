// libxcrypt does the work.
#include "exporter/web/basic_auth.hpp"

#include <crypt.h>

#include <algorithm>
#include <memory>

#include "probes/digest.hpp"
#include "probes/formats/base64.hpp"

namespace mw {

namespace {

constexpr std::size_t kMostKnown = 100;

/// In a time that does not tell how much of it was right.
bool is_same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char differ = 0;
  for (std::size_t i = 0; i < a.size(); ++i) differ = static_cast<unsigned char>(differ | (a[i] ^ b[i]));
  return differ == 0;
}

/// "$2y$10$…": the digits.
std::string_view cost_of(const WebUser& user) { return std::string_view(user.hash.reveal()).substr(4, 2); }

}  // namespace

std::optional<Login> read_login(std::string_view authorization) {
  constexpr std::string_view kBasic = "basic ";
  const auto is_letter_of = [](char a, char b) { return (a | 0x20) == b || a == b; };
  if (authorization.size() <= kBasic.size() || !std::equal(kBasic.begin(), kBasic.end(), authorization.begin(),
                                                           [&](char b, char a) { return is_letter_of(a, b); }))
    return std::nullopt;
  authorization.remove_prefix(std::min(authorization.find_first_not_of(' ', kBasic.size()), authorization.size()));
  const auto text = from_base64(authorization);
  const auto colon = text ? text->find(':') : std::string::npos;
  // crypt(3) would take the part before a NUL for the whole.
  if (colon == std::string::npos || text->find('\0') != std::string::npos) return std::nullopt;
  return Login{text->substr(0, colon), Secret(text->substr(colon + 1))};
}

Secret hash_for(const std::vector<WebUser>& users, std::string_view name) {
  const auto found =
      std::find_if(users.begin(), users.end(), [name](const WebUser& user) { return user.name == name; });
  if (found != users.end()) return found->hash;
  std::string_view cost = "10";
  for (const WebUser& user : users) cost = &user == users.data() ? cost_of(user) : std::max(cost, cost_of(user));
  return Secret("$2b$" + std::string(cost) + "$" + std::string(22, '.') + std::string(31, '.'));
}

bool is_password(const Secret& password, const Secret& hash) {
  const auto work = std::make_unique<crypt_data>();  // 32 KiB: not for a stack
  const char* const made = crypt_r(password.reveal().c_str(), hash.reveal().c_str(), work.get());
  return made != nullptr && *made != '*' && is_same(made, hash.reveal());
}

std::string KnownLogins::digest_of(const Login& login, const Secret& hash) const {
  std::string text;
  for (const std::string* part : {&login.name, &hash.reveal(), &login.password.reveal()})
    text.append(std::to_string(part->size())).append(":").append(*part);
  return hmac_sha256(key_.reveal(), text);
}

bool KnownLogins::knows(const Login& login, const Secret& hash) const {
  const std::string digest = digest_of(login, hash);
  return std::any_of(digests_.begin(), digests_.end(), [&](const std::string& each) { return is_same(each, digest); });
}

void KnownLogins::learn(const Login& login, const Secret& hash) {
  if (knows(login, hash)) return;
  if (digests_.size() >= kMostKnown) digests_.pop_front();
  digests_.push_back(digest_of(login, hash));
}

}  // namespace mw
