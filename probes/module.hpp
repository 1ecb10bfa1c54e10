// A module: how /probe looks at a target, with every option that blackbox_exporter's modules have for http, tcp, dns
// and icmp, as plain values. Knows neither TOML nor YAML; what a probe learned is in probed.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "probes/formats/dns_names.hpp"
#include "probes/model.hpp"
#include "probes/pattern.hpp"
#include "probes/tls_terms.hpp"

namespace mw {

enum class Prober : std::uint8_t { http, tcp, dns, icmp };
std::string_view name(Prober);

/// Which of a name's addresses is looked at: the first of the preferred family; without one, the first of the other
/// family, if `fallback` allows it.
struct IpChoice {
  bool prefer_v6 = true;
  bool fallback = true;
  bool operator==(const IpChoice&) const = default;
};

/// `regexp` against each value of the header.
struct HeaderRule {
  std::string header;
  Regex regexp;
  bool allow_missing = false;
  bool operator==(const HeaderRule&) const = default;
};

/// The Authorization header. At most one of the two secrets is set.
struct HttpAuthorization {
  std::string user;  ///< RFC 7617, with `password`
  Secret password;
  std::string type = "Bearer";  ///< what stands in front of `credentials`
  Secret credentials;
  bool operator==(const HttpAuthorization&) const = default;
};

enum class Coding : std::uint8_t { none, identity, gzip, deflate, br };
std::string_view name(Coding);

struct HttpModule {
  IpChoice ip;
  std::vector<int> valid_status_codes;           ///< empty = any 2xx
  std::vector<std::string> valid_http_versions;  ///< "HTTP/1.1", "HTTP/2.0"; empty = any
  std::string method = "GET";
  Headers headers;  ///< a Host here is also the name for SNI and for the certificate
  std::vector<std::pair<std::string, Secret>> secret_headers;
  std::string body;
  bool follow_redirects = true;
  bool fail_if_ssl = false;
  bool fail_if_not_ssl = false;
  std::vector<Regex> fail_if_body_matches;
  std::vector<Regex> fail_if_body_not_matches;
  std::vector<HeaderRule> fail_if_header_matches;
  std::vector<HeaderRule> fail_if_header_not_matches;
  Coding compression = Coding::none;  ///< of the answer; undone before the body is looked at
  std::uint64_t body_size_limit = 0;  ///< bytes, decoded; 0 = ours, see kProbeBodyLimit
  TlsOptions tls;
  TlsTerms tls_terms;
  HttpAuthorization authorization;
  std::optional<Proxy> proxy;
  std::vector<std::string> no_proxy;           ///< hosts, ".suffixes", addresses and CIDRs that are reached directly
  bool skip_resolve_phase_with_proxy = false;  ///< the proxy alone resolves the target's name
  bool enable_http2 = true;
  bool enable_http3 = false;
  bool operator==(const HttpModule&) const = default;
};

/// What a server sends more than this of, nobody reads.
inline constexpr std::uint64_t kProbeBodyLimit = std::uint64_t{64} << 20U;

/// One step of a conversation: wait for a line, say one, go over to TLS; each only if it is set.
struct TcpStep {
  std::optional<Regex> expect;                              ///< lines are read until one matches
  std::string expect_bytes;                                 ///< these very bytes must come next
  std::vector<std::pair<std::string, std::string>> labels;  ///< of probe_expect_info; values may hold ${1}, ${name}
  std::string send;                                         ///< may hold ${1}, ${name}; a line feed is added
  bool starttls = false;
  bool operator==(const TcpStep&) const = default;
};

struct TcpModule {
  IpChoice ip;
  std::optional<Address> source;
  std::vector<TcpStep> query_response;
  bool use_tls = false;
  TlsOptions tls;
  TlsTerms tls_terms;
  bool operator==(const TcpModule&) const = default;
};

/// For each of the three sections of an answer. A record is matched as it stands in a zone file, tabs between fields.
struct RecordRules {
  std::vector<Regex> fail_if_matches;       ///< any record matches any of these
  std::vector<Regex> fail_if_all_match;     ///< every record matches all of these
  std::vector<Regex> fail_if_not_matches;   ///< any record does not match one of these
  std::vector<Regex> fail_if_none_matches;  ///< no record matches any of these
  bool operator==(const RecordRules&) const = default;
};

struct DnsModule {
  IpChoice ip;
  std::optional<Address> source;
  bool over_tcp = false;  ///< transport_protocol
  bool over_tls = false;  ///< implies TCP; port 853 unless the target names one
  std::string query_name;
  std::string query_type = "ANY";
  std::string query_class = "IN";
  bool recursion_desired = true;
  std::vector<std::string> valid_rcodes;  ///< names such as NXDOMAIN; empty = NOERROR
  RecordRules answer;
  RecordRules authority;
  RecordRules additional;
  TlsOptions tls;
  TlsTerms tls_terms;
  bool operator==(const DnsModule&) const = default;
};

struct IcmpModule {
  IpChoice ip;
  std::optional<Address> source;
  std::size_t payload_size = 28;  ///< bytes
  bool dont_fragment = false;     ///< v4 only
  int ttl = 64;
  bool operator==(const IcmpModule&) const = default;
};

struct Module {
  std::string name;
  Prober prober = Prober::http;
  Duration timeout{};  ///< zero = what the scrape allows
  HttpModule http;     ///< of these four the prober's own counts
  TcpModule tcp;
  DnsModule dns;
  IcmpModule icmp;
  bool operator==(const Module&) const = default;
};

/// Everything /probe is configured with.
struct ProbeConfig {
  std::vector<std::shared_ptr<const Module>> modules;
  std::vector<std::string> allow;  ///< hosts, host globs, CIDRs beside the configured mirrors; see probe_policy.hpp
  Duration timeout_offset = std::chrono::milliseconds(500);  ///< taken off the scrape's timeout
  std::size_t history = 100;                                 ///< probes whose log is kept; failures besides
};

/// What is wrong with a module that no reader of one option alone can see; nothing when it can be run.
std::optional<std::string> module_trouble(const Module&);

}  // namespace mw
