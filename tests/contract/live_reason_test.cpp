// The tables from numbers to reasons, against the headers that define the numbers.
#include "probes/live_reason.hpp"

#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include <catch2/catch.hpp>
#include <cerrno>

using namespace mw;

TEST_CASE("live reason: errno") {
  CHECK(reason_of_errno(ECONNREFUSED) == Reason::refused);
  for (const int error : {EHOSTUNREACH, ENETUNREACH, EACCES}) CHECK(reason_of_errno(error) == Reason::unreachable);
  for (const int error : {ECONNRESET, EPIPE}) CHECK(reason_of_errno(error) == Reason::reset);
  for (const int error : {EADDRNOTAVAIL, EMFILE, ENFILE, EPERM, ENOBUFS, ENOMEM, EAFNOSUPPORT, 0})
    CHECK(reason_of_errno(error) == Reason::local_resource);
  CHECK(reason_of_errno(ETIMEDOUT) == Reason::timeout);
}

TEST_CASE("live reason: certificate verification") {
  const std::pair<long, Reason> cases[] = {
      {X509_V_ERR_CERT_HAS_EXPIRED, Reason::expired},
      {X509_V_ERR_CERT_NOT_YET_VALID, Reason::not_yet_valid},
      {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, Reason::self_signed},
      {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, Reason::self_signed},
      {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, Reason::untrusted},
      {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, Reason::untrusted},
      {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, Reason::untrusted},
      {X509_V_ERR_CERT_REVOKED, Reason::untrusted},
      {X509_V_ERR_INVALID_CA, Reason::untrusted},
      {X509_V_ERR_HOSTNAME_MISMATCH, Reason::host_mismatch},
      {X509_V_ERR_IP_ADDRESS_MISMATCH, Reason::host_mismatch},
      {X509_V_ERR_EE_KEY_TOO_SMALL, Reason::weak},
      {X509_V_ERR_CA_KEY_TOO_SMALL, Reason::weak},
      {X509_V_ERR_CA_MD_TOO_WEAK, Reason::weak},
      {X509_V_ERR_OUT_OF_MEM, Reason::local_resource},
      {X509_V_ERR_INVALID_CALL, Reason::local_resource},
      {X509_V_ERR_STORE_LOOKUP, Reason::local_resource},
  };
  for (const auto& [result, reason] : cases) CHECK(reason_of_verify(result) == reason);
}

TEST_CASE("live reason: OpenSSL's errors") {
  const auto tls = [](unsigned long reason) { return (20UL << 23U) | reason; };
  CHECK(reason_of_openssl(tls(SSL_R_CERTIFICATE_VERIFY_FAILED)) == Reason::untrusted);
  CHECK(reason_of_openssl(tls(SSL_R_UNEXPECTED_EOF_WHILE_READING)) == Reason::eof);
  CHECK(reason_of_openssl(tls(SSL_R_WRONG_VERSION_NUMBER)) == Reason::protocol);
  CHECK(reason_of_openssl(tls(SSL_R_UNSUPPORTED_PROTOCOL)) == Reason::protocol);
  for (const unsigned long reason :
       {SSL_R_EE_KEY_TOO_SMALL, SSL_R_CA_KEY_TOO_SMALL, SSL_R_CA_MD_TOO_WEAK, SSL_R_DH_KEY_TOO_SMALL})
    CHECK(reason_of_openssl(tls(reason)) == Reason::weak);
  CHECK(reason_of_openssl(tls(SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE)) == Reason::alert);
  CHECK(reason_of_openssl(tls(SSL_R_TLSV1_ALERT_PROTOCOL_VERSION)) == Reason::protocol);
  CHECK(reason_of_openssl(tls(SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED)) == Reason::client_certificate);
  CHECK(reason_of_openssl(tls(SSL_R_TLSV1_ALERT_UNKNOWN_CA)) == Reason::client_certificate);
  CHECK(reason_of_openssl(0x80000000UL | ECONNRESET) == Reason::reset);
  CHECK(openssl_code_in("OpenSSL/3.0.22: error:0A00010B:SSL routines::wrong version number") == tls(267));
  CHECK(!openssl_code_in("error:"));
  CHECK(!openssl_code_in("error:0A0x"));
  CHECK(!openssl_code_in("an error: 12345678"));
}
