// What of the other side's TLS is put up with, beside the files of TlsOptions. Plain values.
#pragma once

#include <cstdint>
#include <string>

namespace mw {

/// TLS versions, oldest first; `any` is what is thought safe: 1.2 and later.
enum class TlsVersion : std::uint8_t { any, v1_0, v1_1, v1_2, v1_3 };

/// What of the other side's TLS is put up with.
struct TlsTerms {
  bool verify = true;
  std::string server_name;  ///< for SNI and the name check, instead of the host's own name
  TlsVersion least = TlsVersion::any;
  TlsVersion most = TlsVersion::any;
  bool operator==(const TlsTerms&) const = default;
};

}  // namespace mw
