// Certificate fields in the form that blackbox_exporter's users know: names as RFC 2253 has them but in clear UTF-8,
// attributes without a short name there by their numbers.
#include "probes/live_tls_seen.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>

#include "probes/digest.hpp"

namespace mw {

namespace {

constexpr std::size_t kNamesLimit = 512;

struct Free {
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
  void operator()(char* text) const { OPENSSL_free(text); }
  void operator()(unsigned char* bytes) const { OPENSSL_free(bytes); }
};

std::optional<SysTime> end_of(const X509* certificate) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return std::nullopt;
  const std::chrono::seconds since_epoch(timegm(&parts));
  constexpr auto kLast = std::chrono::duration_cast<std::chrono::seconds>(SysTime::duration::max());
  return SysTime(std::min(since_epoch, kLast));
}

std::optional<SysTime> earliest_end(const STACK_OF(X509) * chain) {
  std::optional<SysTime> earliest;
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    const auto end = end_of(sk_X509_value(chain, i));
    if (end && (!earliest || *end < *earliest)) earliest = end;
  }
  return earliest;
}

std::string hex(const unsigned char* bytes, std::size_t length) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < length; ++i) {
    text += kDigits[bytes[i] >> 4U];
    text += kDigits[bytes[i] & 15U];
  }
  return text;
}

std::string fingerprint(X509* leaf) {
  unsigned char* der = nullptr;
  const int length = i2d_X509(leaf, &der);
  if (length <= 0) return {};
  const std::unique_ptr<unsigned char, Free> owned(der);
  return sha256_hex({reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)});
}

std::string_view short_name(int nid) {
  switch (nid) {
    case NID_commonName:
      return "CN";
    case NID_serialNumber:
      return "SERIALNUMBER";
    case NID_countryName:
      return "C";
    case NID_localityName:
      return "L";
    case NID_stateOrProvinceName:
      return "ST";
    case NID_streetAddress:
      return "STREET";
    case NID_organizationName:
      return "O";
    case NID_organizationalUnitName:
      return "OU";
    case NID_postalCode:
      return "POSTALCODE";
    default:
      return {};
  }
}

/// RFC 2253 §2.4.
std::string escaped(std::string_view value) {
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool at_end = c == ' ' && (i == 0 || i + 1 == value.size());
    const bool special = std::string_view(",+\"\\<>;").find(c) != std::string_view::npos || (c == '#' && i == 0);
    if (at_end || special) text += '\\';
    text += c;
  }
  return text;
}

std::string attribute(const X509_NAME_ENTRY* entry) {
  const ASN1_OBJECT* object = X509_NAME_ENTRY_get_object(entry);
  const ASN1_STRING* data = X509_NAME_ENTRY_get_data(entry);
  const std::string_view known = short_name(OBJ_obj2nid(object));
  unsigned char* bytes = nullptr;
  if (!known.empty()) {
    const int length = ASN1_STRING_to_UTF8(&bytes, data);
    const std::unique_ptr<unsigned char, Free> owned(bytes);
    if (length < 0) return std::string(known) + "=";
    return std::string(known) + "=" + escaped({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length)});
  }
  std::array<char, 80> number{};
  OBJ_obj2txt(number.data(), static_cast<int>(number.size()), object, 1);
  const int length = i2d_ASN1_PRINTABLE(data, &bytes);
  const std::unique_ptr<unsigned char, Free> owned(bytes);
  return std::string(number.data()) + "=#" + (length > 0 ? hex(bytes, static_cast<std::size_t>(length)) : "");
}

/// The last attribute first; those of one set are joined by a plus.
std::string text_of(const X509_NAME* name) {
  std::string text;
  const int count = X509_NAME_entry_count(name);
  int set = -1;
  std::vector<std::string> sets;
  for (int i = 0; i < count; ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    if (X509_NAME_ENTRY_set(entry) == set)
      sets.back() += "+" + attribute(entry);
    else
      sets.push_back(attribute(entry));
    set = X509_NAME_ENTRY_set(entry);
  }
  for (auto each = sets.rbegin(); each != sets.rend(); ++each) text += (text.empty() ? "" : ",") + *each;
  return text;
}

std::string serial_of(X509* leaf) {
  const std::unique_ptr<BIGNUM, Free> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf), nullptr));
  const std::unique_ptr<char, Free> digits(number ? BN_bn2hex(number.get()) : nullptr);
  std::string text = digits ? digits.get() : "";
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
  const bool negative = text.starts_with('-');
  const std::size_t first = text.find_first_not_of('0', negative ? 1 : 0);
  if (first == std::string::npos) return "0";
  return (negative ? "-" : "") + text.substr(first);
}

std::string alternatives_of(const X509* leaf) {
  std::string text;
  void* extension = X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr);
  const std::unique_ptr<GENERAL_NAMES, Free> all(static_cast<GENERAL_NAMES*>(extension));
  const int count = all ? std::min(sk_GENERAL_NAME_num(all.get()), static_cast<int>(kNamesLimit)) : 0;
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type != GEN_DNS) continue;
    if (!text.empty()) text += ',';
    text.append(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  return text;
}

void read_leaf(X509* leaf, TlsSeen& seen) {
  seen.fingerprint_sha256 = fingerprint(leaf);
  seen.subject = text_of(X509_get_subject_name(leaf));
  seen.issuer = text_of(X509_get_issuer_name(leaf));
  seen.alternatives = alternatives_of(leaf);
  seen.serial = serial_of(leaf);
}

std::string version_of(const SSL* tls) {
  const std::string text = SSL_get_version(tls);  // "TLSv1.3"
  if (text == "TLSv1") return "TLS 1.0";
  return text.starts_with("TLSv") ? "TLS " + text.substr(4) : text;
}

std::string cipher_of(const SSL_CIPHER* cipher) {
  const char* name = cipher != nullptr ? SSL_CIPHER_standard_name(cipher) : nullptr;
  return name != nullptr ? name : "";
}

int on_chain(X509_STORE_CTX* store, void* into) {
  TlsSeen& seen = *static_cast<TlsSeen*>(into);
  const int result = X509_verify_cert(store);
  const auto* tls = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  seen.version = version_of(tls);
  seen.cipher = cipher_of(SSL_get_pending_cipher(tls));
  seen.verified = result == 1;
  seen.earliest_expiry = earliest_end(X509_STORE_CTX_get0_untrusted(store));
  if (seen.verified) seen.last_chain_expiry = earliest_end(X509_STORE_CTX_get0_chain(store));
  if (X509* leaf = X509_STORE_CTX_get0_cert(store)) read_leaf(leaf, seen);
  return result;
}

}  // namespace

std::optional<TlsSeen> tls_seen(const SSL* tls) {
  X509* leaf = SSL_get0_peer_certificate(tls);
  if (leaf == nullptr) return std::nullopt;
  TlsSeen seen;
  seen.version = version_of(tls);
  seen.cipher = cipher_of(SSL_get_current_cipher(tls));
  seen.verified = SSL_get_verify_result(tls) == X509_V_OK;
  if (const STACK_OF(X509)* shown = SSL_get_peer_cert_chain(tls)) seen.earliest_expiry = earliest_end(shown);
  if (seen.verified) seen.last_chain_expiry = earliest_end(SSL_get0_verified_chain(tls));
  read_leaf(leaf, seen);
  return seen;
}

void write_down(void* ssl_context, TlsSeen& seen) {
  SSL_CTX_set_cert_verify_callback(static_cast<SSL_CTX*>(ssl_context), &on_chain, &seen);
}

}  // namespace mw
