// The exporter-toolkit's web-config.yml as plain values: TLS, mTLS, passwords, headers. Pure: the
// text is an argument, and no file that it names is looked at here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "probes/secret.hpp"

namespace mw {

enum class ClientAuth : std::uint8_t { none, request, require_any, verify_if_given, require_and_verify };

struct WebTls {
  std::string cert_file;  ///< files: absolute, or below the configuration's directory
  std::string key_file;
  std::string client_ca_file;
  ClientAuth client_auth = ClientAuth::none;
  int min_version = 12;  ///< 10 to 13: TLS 1.0 to 1.3
  int max_version = 13;
  bool prefer_server_ciphers = true;
  std::vector<std::string> ciphers;     ///< TLS 1.2 and before, as OpenSSL names them
  std::vector<std::string> ciphers_13;  ///< TLS 1.3, likewise
  std::vector<std::string> curves;      ///< likewise
};

struct WebUser {
  std::string name;
  Secret hash;  ///< bcrypt
};

struct WebConfig {
  bool has_tls = false;
  WebTls tls;
  std::vector<WebUser> users;                                ///< empty: nobody is asked for a password
  std::vector<std::pair<std::string, std::string>> headers;  ///< of every reply
  std::vector<std::string> warnings;
};

/// `file` is for the errors, and for where relative paths begin. The other: everything that is wrong,
/// "file:line:column: what", one a line.
std::variant<WebConfig, std::vector<std::string>> parse_web_config(const std::string& text, const std::string& file);

}  // namespace mw
