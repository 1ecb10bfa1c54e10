// The forms of an address to listen on.
#include "exporter/web/listen_address.hpp"

#include <charconv>
#include <optional>

namespace mw {

namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::size_t kLongestPath = 107;  // sockaddr_un's, with its NUL

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::variant<ListenPlace, std::string> unix_place(std::string_view path) {
  if (!path.starts_with('/')) return in_quotes(path) + " is not an absolute path: unix:/run/mirrorwarden/web.sock";
  if (path.size() > kLongestPath) return in_quotes(path) + " is longer than the 107 bytes that a unix socket can have";
  return UnixPlace{std::string(path)};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(port) : std::nullopt;
}

std::optional<TcpPlace> place_of(std::string_view host) {
  TcpPlace place;
  place.is_any = host.empty() || host == "[::]";
  if (place.is_any) return place;
  if (host == "localhost") host = "127.0.0.1";
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  const auto address = parse_address(is_bracketed ? host.substr(1, host.size() - 2) : host);
  if (!address || address->v6 != is_bracketed) return std::nullopt;
  place.address = *address;
  return place;
}

}  // namespace

std::variant<ListenPlace, std::string> parse_listen_address(std::string_view text) {
  if (text.starts_with(kUnix)) return unix_place(text.substr(kUnix.size()));
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return in_quotes(text) + " is not of the form host:port, [v6]:port, :port or unix:/path";
  const auto host = text.substr(0, colon);
  if (host.find(':') != std::string_view::npos && !host.starts_with('['))
    return in_quotes(host) + " is IPv6 without brackets: write [" + std::string(host) + "]:port";
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return in_quotes(text.substr(colon + 1)) + " is not a port (0 to 65535)";
  auto place = place_of(host);
  if (!place) return in_quotes(host) + " is not an IP address (nor localhost): names are not resolved here";
  place->port = *port;
  return *place;
}

std::string to_string(const ListenPlace& place) {
  if (const auto* path = std::get_if<UnixPlace>(&place)) return std::string(kUnix) + path->path;
  const auto& tcp = std::get<TcpPlace>(place);
  const std::string address = to_string(tcp.address);
  const std::string host = tcp.is_any ? "" : tcp.address.v6 ? "[" + address + "]" : address;
  return host + ":" + std::to_string(tcp.port);
}

}  // namespace mw
