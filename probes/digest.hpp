// SHA-256 of bytes that arrive in pieces. Shows nothing of the library that computes it.
#pragma once

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
  /// Lower-case hex of everything so far. Ends the digest: no update() afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);
/// Two lower-case digits a byte.
std::string to_hex(std::string_view bytes);

}  // namespace mw
