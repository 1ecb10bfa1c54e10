// What a server showed in a TLS handshake, as far as /probe tells of it. Plain values; knows no OpenSSL.
#pragma once

#include <optional>
#include <string>

#include "probes/model.hpp"

namespace mw {

struct TlsSeen {
  std::string version;                       ///< "TLS 1.3"
  std::string cipher;                        ///< as registered at IANA
  bool verified = false;                     ///< a trusted chain was found; the name is another matter
  std::optional<SysTime> earliest_expiry;    ///< of the certificates that were shown
  std::optional<SysTime> last_chain_expiry;  ///< the earliest in the chain that verified
  std::string fingerprint_sha256;            ///< the rest is of the leaf; all of it is the certificate's own words
  std::string subject;
  std::string issuer;
  std::string alternatives;  ///< DNS names, commas between
  std::string serial;        ///< lower-case hex
  bool operator==(const TlsSeen&) const = default;
};

}  // namespace mw
