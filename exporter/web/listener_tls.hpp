// What a TLS server needs to know, made of a web configuration: the only place beside the probes that knows OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <system_error>
#include <variant>

#include "exporter/web/web_config.hpp"

namespace mw {

class TlsServer;
struct TlsStream;

/// Reads the certificates; the other: which file is wrong, and why.
std::variant<std::shared_ptr<TlsServer>, std::string> make_tls_server(const WebTls&);

/// The handshake failed because the peer spoke plain HTTP.
bool is_plain_http(const std::error_code&);

}  // namespace mw
