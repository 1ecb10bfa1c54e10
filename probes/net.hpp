// The door: the only way out of the house. Whoever is handed a Net touches the world and decides nothing.
// live_net.* is the real one; tests/support/fake_net.* serves canned replies in virtual time.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "probes/model.hpp"
#include "probes/spool.hpp"
#include "probes/tls_terms.hpp"

namespace mw {

template <class T>
using Task = asio::awaitable<T>;

struct TlsSeen;

/// One HTTP exchange with one address. No redirect is followed, no name is resolved: follow.hpp does both.
struct Fetch {
  std::string method = "GET";
  Url url;
  Address address;         ///< where to connect; the caller has checked it against the policy
  std::string proxy_host;  ///< the proxy's name when `proxy` is set: `address` is then the proxy's
  std::optional<Proxy> proxy;
  std::optional<Address> target_address;  ///< with a socks5 proxy: the target's address, resolved by us
  Headers headers;
  Credentials credentials;
  std::string body;
  TlsOptions tls;
  TlsTerms terms;
  bool tell_tls = false;                 ///< Reply::tls_seen is wanted
  bool http2 = false;                    ///< where TLS settles on it
  std::size_t header_limit = 64 * 1024;  ///< bytes of all header lines together: 1xx, trailers, proxy replies
  std::size_t body_limit = 16 * 1024 * 1024;
  bool keep_body = true;                        ///< false: only count and digest it
  bool spool = false;                           ///< keep the body in an unnamed file instead of in memory
  Duration timeout = std::chrono::seconds(10);  ///< for the whole exchange
};

/// Trouble is data: a Reply with `failure` set, never an exception.
struct Reply {
  std::optional<Failure> failure;
  int status = 0;
  Headers headers;  ///< names in lower case, of the final response only
  std::string body;
  std::shared_ptr<Spool> spool;  ///< with Fetch::spool and no failure: the body, rewound; else null
  std::uint64_t body_bytes = 0;
  std::uint64_t bytes_received = 0;  ///< header lines and framed body, as received
  std::string sha256;                ///< lower-case hex of the bytes as served
  bool not_modified = false;         ///< the server said 304, and the rest is what it sent before (validators.hpp)
  std::shared_ptr<const TlsSeen> tls_seen;  ///< as Fetch::tell_tls asks, also when it did not verify; else null
  std::string http_version;                 ///< "1.0", "1.1", "2"; empty without an answer
  Timings timings;
};

/// The first value of a header, or nothing. `lower_name` in lower case.
std::optional<std::string> header(const Reply&, std::string_view lower_name);

/// A and AAAA of a name. `servers` as in Pool::resolvers; empty asks the system's, hosts file first.
struct Question {
  std::string name;
  std::vector<std::string> servers;
  Duration timeout = std::chrono::seconds(5);
};

struct Answer {
  std::optional<Failure> failure;
  std::vector<Address> addresses;  ///< at most 32, v4 before v6, sorted: the same set compares equal
  Duration took{};
};

/// A TCP connection, and a TLS handshake on it when `tls` is set. Closed as soon as it is up.
struct Dial {
  Address address;
  std::uint16_t port = 0;
  std::optional<TlsOptions> tls;
  std::string server_name;  ///< for SNI and for the name check; an address is checked against IP SANs
  Duration timeout = std::chrono::seconds(5);
};

struct Link {
  std::optional<Failure> failure;  ///< of connect or of tls, the certificate's own trouble included
  Timings timings;
  std::optional<Certificate> certificate;  ///< whenever one was shown, however bad
};

/// A child process: no shell, empty environment but PATH and LC_ALL=C.
struct Command {
  std::vector<std::string> argv;
  std::string input;
  std::size_t output_limit = 16 * 1024 * 1024;  ///< per stream; more than this is a failure
  Duration timeout = std::chrono::seconds(10);
};

struct Ran {
  std::optional<Failure> failure;  ///< could not be started, ran out of time or of output_limit
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// A mail for one address of a mail server, as its user hands it over (RFC 5321, RFC 6409).
struct Letter {
  Url url;                    ///< smtp, where TLS comes by STARTTLS (RFC 3207), or smtps; see parse_mail_server()
  Address address;            ///< where to connect
  bool in_the_clear = false;  ///< smtp without STARTTLS; what logs in then is sent as it is
  std::string hello;          ///< what we call ourselves: a domain name, nothing for localhost
  std::string user;           ///< AUTH PLAIN or LOGIN (RFC 4954); nobody logs in when it is empty
  Secret password;
  TlsOptions tls;
  std::string from;  ///< addresses alone, no names, no brackets
  std::vector<std::string> to;
  std::string text;                             ///< RFC 5322; lines of at most 998 bytes, each ends in CRLF
  Duration timeout = std::chrono::seconds(10);  ///< for the whole conversation
};

/// Trouble is data: `failure` is set when the server's word on the letter was not heard.
struct Receipt {
  std::optional<Failure> failure;  ///< layer http: the protocol's
  int status = 0;                  ///< the SMTP reply that decided
  std::string text;                ///< of that reply, its lines without the status; at most 16 KiB
  bool saw_text = false;           ///< the reply was to the letter's text, not to who sends it or who it is for
  /// Whom the server would not have it for, and why, though it took the letter for others.
  std::vector<std::pair<std::string, int>> refused;
};

/// Why the letter cannot be sent as it is: line ends or lengths that SMTP has no way to carry, addresses that would
/// end a command. Nothing when it can.
std::optional<std::string> unsendable(const Letter&);

/// Work on fewer bytes than this costs less than handing it to another thread.
inline constexpr std::size_t kComputeInPlace = 1024 * 1024;

struct TalkOpening;  // these six: see talk.hpp
struct TalkOpened;
struct Packet;
struct PacketAnswer;
struct Ping;
struct Echo;

struct Net {
  virtual ~Net() = default;
  virtual Task<Reply> fetch(Fetch) = 0;
  virtual Task<Answer> resolve(Question) = 0;
  virtual Task<Link> dial(Dial) = 0;
  virtual Task<Ran> run(Command) = 0;
  virtual Task<void> sleep(Duration) = 0;
  /// Ends when `work` has run: on another thread for the live door, so `work` must own, or be alone with, what it
  /// touches. For hashing and parsing of more than kComputeInPlace bytes; must not throw.
  virtual Task<void> compute(std::function<void()> work) = 0;
  virtual SteadyTime now() const = 0;  ///< constant within one turn of the loop
  virtual SysTime wall() const = 0;
  virtual Task<Receipt> submit(Letter) = 0;
  virtual Task<TalkOpened> open(TalkOpening) = 0;
  virtual Task<PacketAnswer> exchange(Packet) = 0;
  virtual Task<Echo> ping(Ping) = 0;
};

}  // namespace mw
