// Certificate fields: hostile bytes in, bounded values out. No label is ever made of them.
#include "probes/live_certificate.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>

#include "probes/address.hpp"
#include "probes/digest.hpp"

namespace mw {

namespace {

constexpr std::size_t kNameLimit = 512;
constexpr std::size_t kNamesLimit = 32;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

/// Nothing when malformed, or beyond what nanoseconds since 1970 can hold (RFC 5280's 9999-12-31 = "never").
std::optional<SysTime> to_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  const std::chrono::seconds since_epoch(timegm(&parts));
  if (since_epoch >= std::chrono::duration_cast<std::chrono::seconds>(SysTime::duration::max())) return std::nullopt;
  if (since_epoch <= std::chrono::duration_cast<std::chrono::seconds>(SysTime::duration::min())) return std::nullopt;
  return SysTime(since_epoch);
}

std::string text_of(const X509_NAME* name) {
  const std::unique_ptr<BIO, Free> memory(BIO_new(BIO_s_mem()));
  if (!memory || name == nullptr) return {};
  X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253);
  std::string text(kNameLimit, '\0');
  const int length = BIO_read(memory.get(), text.data(), static_cast<int>(text.size()));
  text.resize(static_cast<std::size_t>(std::max(length, 0)));
  return text;
}

std::string_view bytes_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string text_of(const GENERAL_NAME* name) {
  if (name->type == GEN_DNS) return std::string(bytes_of(name->d.dNSName).substr(0, kNameLimit));
  if (name->type != GEN_IPADD) return {};
  const std::string_view bytes = bytes_of(name->d.iPAddress);
  if (bytes.size() != 4 && bytes.size() != 16) return {};
  Address address;
  address.v6 = bytes.size() == 16;
  std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
  return to_string(address);
}

std::vector<std::string> names_of(const X509* leaf) {
  std::vector<std::string> names;
  void* extension = X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr);
  const std::unique_ptr<GENERAL_NAMES, Free> all(static_cast<GENERAL_NAMES*>(extension));
  if (!all) return names;
  const int count = sk_GENERAL_NAME_num(all.get());
  for (int i = 0; i < count && names.size() < kNamesLimit; ++i) {
    std::string name = text_of(sk_GENERAL_NAME_value(all.get(), i));
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

std::string fingerprint(const X509* leaf) {
  unsigned char* der = nullptr;
  const int length = i2d_X509(leaf, &der);
  if (length <= 0) return {};
  std::string digest = sha256_hex({reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)});
  OPENSSL_free(der);
  return digest;
}

/// The earliest end in the chain as shown, the leaf included.
std::optional<SysTime> earliest_end(const STACK_OF(X509) * chain) {
  std::optional<SysTime> earliest;
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    const auto end = to_time(X509_get0_notAfter(sk_X509_value(chain, i)));
    if (end && (!earliest || *end < *earliest)) earliest = end;
  }
  return earliest;
}

}  // namespace

std::optional<Certificate> shown_certificate(const SSL* tls) {
  const X509* leaf = SSL_get0_peer_certificate(tls);
  if (leaf == nullptr) return std::nullopt;
  Certificate shown;
  shown.not_before = to_time(X509_get0_notBefore(leaf));
  shown.not_after = to_time(X509_get0_notAfter(leaf));
  shown.subject = text_of(X509_get_subject_name(leaf));
  shown.issuer = text_of(X509_get_issuer_name(leaf));
  shown.names = names_of(leaf);
  shown.tls_version = SSL_get_version(tls);
  shown.fingerprint_sha256 = fingerprint(leaf);
  if (const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(tls)) {
    shown.chain_length = static_cast<std::size_t>(sk_X509_num(chain));
    shown.chain_not_after = earliest_end(chain);
  }
  return shown;
}

bool is_for(const SSL* tls, const std::string& name) {
  X509* leaf = SSL_get0_peer_certificate(tls);
  if (leaf == nullptr) return false;
  if (parse_address(name)) return X509_check_ip_asc(leaf, name.c_str(), 0) == 1;
  return X509_check_host(leaf, name.data(), name.size(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

}  // namespace mw
