// What is wrong with a module as a whole.
#include "probes/module.hpp"

#include <array>

namespace mw {

namespace {

std::optional<std::string> dns_trouble(const DnsModule& dns) {
  if (dns.query_name.empty()) return "dns.query_name is missing";
  if (!record_type(dns.query_type)) return "dns.query_type \"" + dns.query_type + "\" is no record type";
  if (!record_class(dns.query_class)) return "dns.query_class \"" + dns.query_class + "\" is no class";
  for (const std::string& code : dns.valid_rcodes)
    if (!response_code(code)) return "dns.valid_rcodes: \"" + code + "\" is no response code";
  return std::nullopt;
}

std::optional<std::string> http_trouble(const HttpModule& http) {
  if (http.compression == Coding::br) return "http.compression \"br\" cannot be decoded";
  if (http.enable_http3) return "http.enable_http3: HTTP/3 is not spoken";
  if (http.fail_if_ssl && http.fail_if_not_ssl)
    return "http.fail_if_ssl and fail_if_not_ssl leave nothing that is well";
  return std::nullopt;
}

}  // namespace

std::string_view name(Prober prober) {
  constexpr std::array<std::string_view, 4> kNames = {"http", "tcp", "dns", "icmp"};
  return kNames.at(static_cast<std::size_t>(prober));
}

std::string_view name(Coding coding) {
  constexpr std::array<std::string_view, 5> kNames = {"", "identity", "gzip", "deflate", "br"};
  return kNames.at(static_cast<std::size_t>(coding));
}

std::optional<std::string> module_trouble(const Module& module) {
  if (module.prober == Prober::dns) return dns_trouble(module.dns);
  if (module.prober == Prober::http) return http_trouble(module.http);
  const std::size_t payload = module.icmp.payload_size;
  if (module.prober == Prober::icmp && payload > 65500) return "icmp.payload_size is larger than a packet can be";
  if (module.prober == Prober::icmp && (module.icmp.ttl < 1 || module.icmp.ttl > 255))
    return "icmp.ttl is not 1 to 255";
  return std::nullopt;
}

}  // namespace mw
