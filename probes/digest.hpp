// SHA-256, streamed. OpenSSL stays in the .cpp.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace mw {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view bytes);
  /// 64 lower-case hex digits. Ends the digest: nothing may follow.
  std::string hex();
  /// The digest itself. Ends it as well.
  std::array<unsigned char, 32> bytes();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);

/// HMAC with SHA-256 (RFC 2104): 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);

}  // namespace mw
