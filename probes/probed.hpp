// What one run of /probe learned, as plain values: no metric names (exporter/probe_metrics.*), no sockets.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "probes/model.hpp"
#include "probes/tls_seen.hpp"

namespace mw {

/// The name's lookup. Absent when the target was not even well-formed.
struct ProbeLookup {
  Duration took{};
  std::optional<Address> address;  ///< the one that was chosen
};

/// The phases are sums over all hops, as far as they got.
struct HttpProbed {
  Duration resolve{};
  Duration connect{};
  Duration tls{};
  Duration processing{};
  Duration transfer{};
  int status = 0;                   ///< 0 = no answer
  double version = 0;               ///< 1.1, 2
  std::int64_t content_length = 0;  ///< as announced; -1 = it was not
  std::uint64_t body_bytes = 0;     ///< decoded
  int redirects = 0;
  bool ssl = false;  ///< of the last hop
  bool failed_due_to_regex = false;
  std::optional<SysTime> last_modified;
};

struct TcpProbed {
  bool failed_due_to_regex = false;
  bool failed_due_to_bytes = false;
  bool expects_bytes = false;  ///< the module has such a step
  std::vector<std::pair<std::string, std::string>> expect_info;
};

struct DnsProbed {
  Duration resolve{};
  Duration connect{};
  Duration request{};
  bool answered = false;
  std::size_t answers = 0;
  std::size_t authorities = 0;
  std::size_t additionals = 0;
  bool asked_soa = false;
  std::optional<std::uint32_t> serial;
};

struct IcmpProbed {
  Duration resolve{};
  Duration setup{};
  Duration rtt{};
  std::optional<int> hop_limit;
};

struct Probed {
  bool success = false;
  bool refused = false;            ///< the policy forbids the target, or a place where it sent us
  bool refused_at_once = false;    ///< before anything was connected to: the answer is 403
  std::optional<Failure> failure;  ///< why not `success`
  Duration took{};
  std::optional<ProbeLookup> lookup;
  std::optional<HttpProbed> http;  ///< the prober's own, even when it did not get far
  std::optional<TcpProbed> tcp;
  std::optional<DnsProbed> dns;
  std::optional<IcmpProbed> icmp;
  std::optional<TlsSeen> tls;  ///< whatever was shown, also when it did not verify
  std::string log;             ///< lines for people, each with the seconds since the start in front
};

}  // namespace mw
