// URLs, parsed by the parser of the client that will use them (libcurl's, in url.cpp) so that the policy we
// check and the host we connect to can never differ.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace mw {

struct Url {
  std::string scheme;  ///< lower case
  std::string host;    ///< lower case, IDN as given, IPv6 without brackets, numeric IPv4 forms normalised
  std::uint16_t port = 0;
  std::string target = "/";  ///< path and query as sent on the request line

  std::string authority() const;  ///< host, bracketed if IPv6, and the port unless it is the scheme's default
  std::string str() const;
  bool operator==(const Url&) const = default;
};

/// Absolute http, https, socks5 URL without user-info. The error says what is wrong with it.
std::variant<Url, std::string> parse_url(std::string_view text);

/// smtp or smtps, a host and perhaps a port, no user-info, no path. Without a port: 587, or 465 for smtps, where mail
/// servers take mail from their own users (RFC 8314 §3.3).
std::variant<Url, std::string> parse_mail_server(std::string_view text);

/// RFC 3986 §5 reference resolution, as for a Location header.
std::variant<Url, std::string> resolve_reference(const Url& base, std::string_view reference);

/// base with `path` (relative, no leading slash needed) appended to its path as to a directory.
Url join(const Url& base, std::string_view path);

}  // namespace mw
