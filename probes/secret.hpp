// A string that must not be shown. Has no stream operator and no implicit conversion: the only way to the
// bytes is reveal(), which is easy to search for.
#pragma once

#include <string>
#include <utility>

namespace mw {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

inline constexpr const char* kRedacted = "<redacted>";

}  // namespace mw
