// The tables. Numbers instead of OpenSSL's headers: they are part of its ABI, and the headers stop at live_dial.
#include "probes/live_reason.hpp"

#include <cerrno>
#include <charconv>

namespace mw {

namespace {

constexpr unsigned long kSystemFlag = 0x80000000UL;  // ERR_SYSTEM_FLAG: the rest is an errno
constexpr unsigned long kReasonMask = 0x7FFFFFUL;    // ERR_REASON_MASK
constexpr unsigned long kLibraryOfTls = 20;          // ERR_LIB_SSL
constexpr unsigned long kFirstAlert = 1000;          // SSL_AD_REASON_OFFSET
constexpr unsigned long kLastAlert = kFirstAlert + 255;

/// RFC 8446 §6: what the alert says of us, seen from the server.
Reason reason_of_alert(unsigned long alert) {
  switch (alert) {
    case 70:  // protocol_version
      return Reason::protocol;
    case 41:   // no_certificate (SSL 3, still sent)
    case 42:   // bad_certificate
    case 43:   // unsupported_certificate
    case 44:   // certificate_revoked
    case 45:   // certificate_expired
    case 46:   // certificate_unknown
    case 48:   // unknown_ca
    case 116:  // certificate_required
      return Reason::client_certificate;
    default:
      return Reason::alert;
  }
}

}  // namespace

Reason reason_of_errno(int error) {
  switch (error) {
    case ECONNREFUSED:
      return Reason::refused;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case ENOPROTOOPT:  // ICMP protocol unreachable
    case EACCES:       // a `prohibit` route
      return Reason::unreachable;
    case ETIMEDOUT:
      return Reason::timeout;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return Reason::reset;
    default:  // EADDRNOTAVAIL, EMFILE, ENFILE, EPERM, ENOBUFS, ENOMEM, EAFNOSUPPORT …
      return Reason::local_resource;
  }
}

Reason reason_of_verify(long result) {
  switch (result) {
    case 9:  // CERT_NOT_YET_VALID
      return Reason::not_yet_valid;
    case 10:  // CERT_HAS_EXPIRED
      return Reason::expired;
    case 17:  // OUT_OF_MEM
    case 69:  // INVALID_CALL
    case 70:  // STORE_LOOKUP
      return Reason::local_resource;
    case 18:  // DEPTH_ZERO_SELF_SIGNED_CERT
    case 19:  // SELF_SIGNED_CERT_IN_CHAIN
      return Reason::self_signed;
    case 62:  // HOSTNAME_MISMATCH
    case 64:  // IP_ADDRESS_MISMATCH
      return Reason::host_mismatch;
    case 66:  // EE_KEY_TOO_SMALL
    case 67:  // CA_KEY_TOO_SMALL
    case 68:  // CA_MD_TOO_WEAK
      return Reason::weak;
    default:  // 2, 20, 21 (no issuer), 23 (revoked), 24 (not a CA), 26 (purpose) …
      return Reason::untrusted;
  }
}

Reason reason_of_openssl(unsigned long code) {
  if ((code & kSystemFlag) != 0) return reason_of_errno(static_cast<int>(code & ~kSystemFlag));
  const unsigned long library = (code >> 23U) & 0xFFU;
  const unsigned long reason = code & kReasonMask;
  if (library != kLibraryOfTls) return Reason::protocol;
  if (reason >= kFirstAlert && reason <= kLastAlert) return reason_of_alert(reason - kFirstAlert);
  switch (reason) {
    case 134:  // CERTIFICATE_VERIFY_FAILED
      return Reason::untrusted;
    case 294:  // UNEXPECTED_EOF_WHILE_READING
      return Reason::eof;
    case 394:  // DH_KEY_TOO_SMALL
    case 397:  // CA_KEY_TOO_SMALL
    case 398:  // CA_MD_TOO_WEAK
    case 399:  // EE_KEY_TOO_SMALL
      return Reason::weak;
    default:  // wrong version number, unsupported protocol, a record that is none …
      return Reason::protocol;
  }
}

std::optional<unsigned long> openssl_code_in(std::string_view text) {
  constexpr std::string_view kMark = "error:";
  const std::size_t at = text.find(kMark);
  if (at == std::string_view::npos || text.size() < at + kMark.size() + 8) return std::nullopt;
  const char* first = text.data() + at + kMark.size();
  unsigned long code = 0;
  const auto [end, error] = std::from_chars(first, first + 8, code, 16);
  if (error != std::errc() || end != first + 8) return std::nullopt;
  return code;
}

Failure closed_door(Layer layer) { return {layer, Reason::local_resource, "stopping: nothing is sent any more"}; }

}  // namespace mw
