// SSL_CTX from values. Every error names the file and what OpenSSL found in it.
#include "exporter/web/listener_tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cstring>
#include <optional>

#include "exporter/web/listener_tls_stream.hpp"

namespace mw {

namespace {

using Trouble = std::optional<std::string>;

std::string with_reason(const std::string& what) {
  const unsigned long code = ERR_peek_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  const bool is_system = code != 0 && ERR_SYSTEM_ERROR(code);
  const char* const text = is_system ? std::strerror(ERR_GET_REASON(code)) : reason;
  return text == nullptr ? what : what + ": " + text;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out.append(out.empty() ? "" : ":").append(name);
  return out;
}

int version_of(int number) {
  constexpr std::array kVersions = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
  return kVersions.at(static_cast<std::size_t>(number - 10));
}

int verify_mode(ClientAuth auth) {
  switch (auth) {
    case ClientAuth::none:
      return SSL_VERIFY_NONE;
    case ClientAuth::request:
    case ClientAuth::verify_if_given:
      return SSL_VERIFY_PEER;
    case ClientAuth::require_any:
    case ClientAuth::require_and_verify:
      break;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

int accept_any(int /*ok*/, X509_STORE_CTX* /*chain*/) { return 1; }

Trouble load_identity(SSL_CTX* context, const WebTls& tls) {
  if (SSL_CTX_use_certificate_chain_file(context, tls.cert_file.c_str()) != 1)
    return with_reason("cannot load the certificate " + tls.cert_file);
  if (SSL_CTX_use_PrivateKey_file(context, tls.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return with_reason("cannot load the key " + tls.key_file);
  if (SSL_CTX_check_private_key(context) != 1)
    return "the key " + tls.key_file + " is not that of the certificate " + tls.cert_file;
  return std::nullopt;
}

Trouble set_client_auth(SSL_CTX* context, const WebTls& tls) {
  const bool is_verified =
      tls.client_auth == ClientAuth::verify_if_given || tls.client_auth == ClientAuth::require_and_verify;
  SSL_CTX_set_verify(context, verify_mode(tls.client_auth), is_verified ? nullptr : accept_any);
  if (tls.client_ca_file.empty()) return std::nullopt;
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(tls.client_ca_file.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(context, tls.client_ca_file.c_str()) != 1)
    return with_reason("cannot load the clients' certificate authorities " + tls.client_ca_file);
  SSL_CTX_set_client_CA_list(context, names);  // takes them over
  return std::nullopt;
}

Trouble set_algorithms(SSL_CTX* context, const WebTls& tls) {
  SSL_CTX_set_min_proto_version(context, version_of(tls.min_version));
  SSL_CTX_set_max_proto_version(context, version_of(tls.max_version));
  // OpenSSL's usual level of security knows no TLS before 1.2; whoever asks for it by name gets it.
  if (tls.min_version < 12) SSL_CTX_set_security_level(context, 0);
  if (tls.prefer_server_ciphers) SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (!tls.ciphers.empty() && SSL_CTX_set_cipher_list(context, joined(tls.ciphers).c_str()) != 1)
    return with_reason("tls_server_config.cipher_suites cannot be had");
  if (!tls.ciphers_13.empty() && SSL_CTX_set_ciphersuites(context, joined(tls.ciphers_13).c_str()) != 1)
    return with_reason("tls_server_config.cipher_suites cannot be had");
  if (!tls.curves.empty() && SSL_CTX_set1_groups_list(context, joined(tls.curves).c_str()) != 1)
    return with_reason("tls_server_config.curve_preferences cannot be had");
  return std::nullopt;
}

/// What it chooses is pointed at after it has returned.
int choose_http1(SSL* /*tls*/, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                 unsigned int size, void* /*unused*/) {
  static constexpr std::array<unsigned char, 9> kHttp1 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* found = nullptr;
  const int outcome = SSL_select_next_proto(&found, length, kHttp1.data(), kHttp1.size(), offered, size);
  *chosen = found;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

std::variant<std::shared_ptr<TlsServer>, std::string> make_tls_server(const WebTls& tls) {
  ERR_clear_error();
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) return with_reason("OpenSSL cannot be set up");
  auto server = std::make_shared<TlsServer>(context);
  // Idle connections give their buffers back; nobody renegotiates; a session is resumed by its ticket or not at all.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  constexpr std::array<unsigned char, 12> kName = {'m', 'i', 'r', 'r', 'o', 'r', 'w', 'a', 'r', 'd', 'e', 'n'};
  SSL_CTX_set_session_id_context(context, kName.data(), kName.size());
  SSL_CTX_set_alpn_select_cb(context, choose_http1, nullptr);
  Trouble trouble = load_identity(context, tls);
  if (!trouble) trouble = set_client_auth(context, tls);
  if (!trouble) trouble = set_algorithms(context, tls);
  ERR_clear_error();
  if (trouble) return *trouble;
  return server;
}

bool is_plain_http(const std::error_code& error) {
  if (error.category() != asio::error::get_ssl_category()) return false;
  const auto code = static_cast<unsigned long>(error.value());
  return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST;
}

}  // namespace mw
