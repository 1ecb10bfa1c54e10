// What a mirror looks like from here, as plain values: the words every other file speaks.
// Knows nothing but the standard library: no network, no clock, no TOML, no Prometheus.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "probes/address.hpp"
#include "probes/mirror_list.hpp"
#include "probes/secret.hpp"
#include "probes/url.hpp"

namespace mw {

using Duration = std::chrono::nanoseconds;
/// For intervals and deadlines; a wall clock step does not move it.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// For what is shown, stored or compared with a mirror's own dates. Nanoseconds since 1970-01-01 UTC.
using SysTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

/// How deep a look got before it failed, from the wire upwards.
enum class Layer : std::uint8_t { dns, connect, tls, http, content, freshness, integrity };

/// Why it failed. A closed set: these names are label values, so what a mirror says can never become one.
/// The same reason may occur in several layers (a timeout in connect is not a timeout in http).
enum class Reason : std::uint8_t {
  // any layer
  timeout,          ///< the deadline passed before an answer
  reset,            ///< the peer sent RST
  local_resource,   ///< our own host could not do it (ports, descriptors, a missing program): nobody else's fault
  address_blocked,  ///< the address policy forbids connecting there
  // dns
  nxdomain,
  no_data,
  servfail,
  refused_query,
  bad_reply,
  resolver_unreachable,
  disagreement,
  // connect
  refused,
  unreachable,
  // tls
  expired,
  not_yet_valid,
  host_mismatch,
  self_signed,
  untrusted,
  weak,
  protocol,
  alert,
  eof,
  client_certificate,
  // http
  malformed,
  truncated,
  header_limit,
  body_limit,
  slow,
  encoding,
  redirect_loop,
  redirect_blocked,
  rate_limited,
  client_error,
  server_error,
  not_found,
  unauthorized,
  unexpected_status,
  proxy,
  // content
  html,
  empty,
  parse,
  body_mismatch,
  header_mismatch,
  content_limit,
  // freshness
  stale,
  metadata_expired,
  future,
  rollback,
  version_unknown,
  reference_down,
  not_checked_yet,
  half_synced,       ///< parts of two generations: a synchronisation under way, or one that stopped half-way
  inconsistent,      ///< the addresses behind the name serve different generations
  quorum_undecided,  ///< several references, and no version has enough of them behind it
  // integrity
  checksum,
  size_mismatch,
  signature,
  missing_artifact,
  wrong_object,  ///< well-formed and signed, but of something else than was asked for
  changed,       ///< other bytes than before, or than elsewhere, under a name that must never change
  fork,          ///< a signed log that contradicts another signed by the same key
};

std::string_view name(Layer);
std::string_view name(Reason);

/// What went wrong, where. `detail` is for people and may quote the mirror: print it through printable() only.
struct Failure {
  Layer layer;
  Reason reason;
  std::string detail;
  bool operator==(const Failure&) const = default;
};

/// Bytes from outside made fit for a log, a page or a notice: valid UTF-8, no control or bidi characters,
/// at most `limit` bytes.
std::string printable(std::string_view text, std::size_t limit = 256);

enum class CheckKind : std::uint8_t { dns, tcp, tls, http, freshness, integrity };
std::string_view name(CheckKind);
inline constexpr CheckKind kCheckKinds[] = {CheckKind::dns,  CheckKind::tcp,       CheckKind::tls,
                                            CheckKind::http, CheckKind::freshness, CheckKind::integrity};

// ---- what is configured -------------------------------------------------------------------------------------

/// RFC 7617 (user and password) or RFC 6750 (bearer token); neither when both secrets are empty.
struct Credentials {
  std::string user;
  Secret password;
  Secret bearer;
  bool operator==(const Credentials&) const = default;
};

/// Empty members mean the system's defaults. Paths are PEM files.
struct TlsOptions {
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  bool operator==(const TlsOptions&) const = default;
};

/// http:// (CONNECT for https targets) or socks5:// (names resolved by us).
struct Proxy {
  Url url;
  Credentials credentials;
  bool operator==(const Proxy&) const = default;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

/// What the `http` check asks and what it wants to see. Patterns are RE2 syntax.
struct HttpExpectation {
  std::string path;  ///< appended to the mirror's URL; empty = the URL itself
  std::string method = "GET";
  Headers headers;
  std::vector<int> status;  ///< empty = any 2xx
  std::string body_matches;
  std::string body_not_matches;
  std::vector<std::pair<std::string, std::string>> header_matches;  ///< header name, pattern
  bool operator==(const HttpExpectation&) const = default;
};

struct Mirror {
  std::string name;
  Url url;
  int priority = 1;
  std::map<std::string, std::string> labels;
  Credentials credentials;
  Headers headers;  ///< sent to the mirror's own origin only, never to a redirect's
  TlsOptions tls;
  std::optional<Proxy> proxy;
  bool reference = false;
  std::string parent;   ///< the mirror of this pool that it copies from; empty = the reference
  bool listed = false;  ///< named by one of the pool's lists, not by the configuration itself
  bool operator==(const Mirror&) const = default;
};

/// A package, file, image … that stands for the rest. `sha256` (lower-case hex) pins its bytes when not empty.
struct Canary {
  std::string name;
  std::string sha256;
  bool operator==(const Canary&) const = default;
};

/// Mirrors that should serve the same content.
struct Pool {
  std::string name;
  std::string ecosystem;
  std::vector<Mirror> mirrors;  ///< references first, marked as such
  std::vector<Canary> canaries;
  std::vector<std::string> sample;  ///< names looked at in rotation, sample_size in each round, beside the canaries
  std::size_t sample_size = 3;
  std::vector<CheckKind> checks;
  std::vector<std::string> resolvers;          ///< "address" or "address:port"; empty = the system's
  std::map<std::string, std::string> options;  ///< the ecosystem's own, with its defaults filled in
  HttpExpectation http;
  Duration interval{};
  Duration integrity_interval{};
  Duration timeout{};
  int fail_after = 1;                ///< consecutive failures before a check counts as failed
  int recover_after = 1;             ///< consecutive successes before it counts as good again
  Duration confirm_every{};          ///< how soon to look again while such a change is pending
  Duration grace{};                  ///< a mirror this little behind is still fresh: it copies on a schedule of its own
  std::size_t quorum = 1;            ///< references that must agree on a version before it is the upstream's
  std::vector<FileList> file_lists;  ///< of more mirrors
  std::vector<WebList> web_lists;    ///< likewise
  bool operator==(const Pool&) const = default;
};

// ---- what one look learned ----------------------------------------------------------------------------------

/// Time spent per phase; absent when the phase was not reached.
struct Timings {
  std::optional<Duration> dns;
  std::optional<Duration> connect;
  std::optional<Duration> tls;
  std::optional<Duration> processing;  ///< request sent to first byte of the answer
  std::optional<Duration> transfer;    ///< first to last byte of the body
  bool operator==(const Timings&) const = default;
};

/// The leaf a server showed, read even when it does not verify. Text fields are the certificate's own words.
struct Certificate {
  std::optional<SysTime> not_before;
  std::optional<SysTime> not_after;
  std::optional<SysTime> chain_not_after;  ///< the earliest not_after in the chain that was shown
  std::string subject;
  std::string issuer;
  std::vector<std::string> names;  ///< subjectAltName, at most 32
  std::size_t chain_length = 0;
  std::string tls_version;
  std::string fingerprint_sha256;
  bool operator==(const Certificate&) const = default;
};

/// The identity of what a mirror serves (facts: a digest, a serial, a revision), ordered if the ecosystem can.
struct Version {
  std::string id;
  std::optional<std::int64_t> order;
  std::optional<SysTime> time;
  bool operator==(const Version&) const = default;
};

/// A part of a mirror whose versions follow one another: a module, a suite, a file.
struct FeedLook {
  std::string feed;
  std::optional<Version> version;
  std::optional<Failure> failure;  ///< why there is no version
  bool operator==(const FeedLook&) const = default;
};

/// Bytes seen under a name that must never change its bytes.
struct Artefact {
  std::string name;
  std::string digest;  ///< with its kind in front: "sha256:…", "h1:…"
  bool operator==(const Artefact&) const = default;
};

/// One address behind a name, judged on its own.
struct AddressLook {
  Address address;
  std::optional<Failure> failure;
  Timings timings;
  std::optional<Version> version = std::nullopt;  ///< what this address serves, if the check could tell
  std::vector<FeedLook> feeds = {};               ///< the same of the parts
  bool operator==(const AddressLook&) const = default;
};

struct HttpFacts {
  int status = 0;
  std::uint64_t body_bytes = 0;
  int redirects = 0;
  std::string final_host;
  bool operator==(const HttpFacts&) const = default;
};

/// What looking cost the mirror, and what it asked of us meanwhile. Sums up.
struct Traffic {
  std::uint64_t bytes_received = 0;  ///< headers and bodies as received; connecting and TLS are not in it
  std::uint64_t requests = 0;
  std::uint64_t not_modified = 0;       ///< of these, answered with 304
  std::optional<Duration> retry_after;  ///< the mirror asked to be left alone for this long, the longest of all
  Traffic& operator+=(const Traffic& more);
  bool operator==(const Traffic&) const = default;
};

/// What one run of a check learned. Says what was seen; whom to blame is the judge's business.
struct Finding {
  CheckKind check{};
  SysTime at{};
  Duration took{};
  std::optional<Failure> failure;
  Timings timings;
  std::vector<AddressLook> addresses;
  std::optional<Certificate> certificate;
  std::optional<HttpFacts> http;
  std::optional<Version> version;  ///< of the mirror as a whole, where the ecosystem has such a thing
  std::vector<FeedLook> feeds;     ///< of its parts, canaries and samples
  std::vector<Artefact> artefacts;
  std::optional<SysTime> valid_until;
  std::map<std::string, std::string> remember;  ///< handed to this mirror's later looks as Target::remembered
  Traffic traffic;
  bool operator==(const Finding&) const = default;
};

}  // namespace mw
