// The door's words below HTTP: a conversation on a connection, one packet out and one in, an echo. Values and one
// interface; see net.hpp for who may touch it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "probes/net.hpp"
#include "probes/tls_seen.hpp"

namespace mw {

/// A connection to talk on. With `tls` set the handshake belongs to opening it.
struct TalkOpening {
  Address address;
  std::uint16_t port = 0;
  std::optional<Address> source;
  std::string host;  ///< the target's name or address: for SNI and the name check unless the terms say otherwise
  std::optional<TlsOptions> tls;
  TlsTerms terms;
  Duration timeout = std::chrono::seconds(5);
};

/// What was read. A line has neither its LF nor a CR before that; at the end of the connection, what is left is one.
struct TalkHeard {
  std::optional<Failure> failure;
  bool ended = false;  ///< the other side has closed; `text` is empty
  std::string text;
};

/// Longer lines are a failure.
inline constexpr std::size_t kLongestTalkLine = std::size_t{64} * 1024;

/// Closed with its owner. One operation at a time; each ends at the deadline.
class Talk {
 public:
  virtual ~Talk() = default;
  virtual Task<TalkHeard> line(Duration timeout) = 0;
  /// This many bytes, fewer only when the other side has closed.
  virtual Task<TalkHeard> bytes(std::size_t count, Duration timeout) = 0;
  virtual Task<std::optional<Failure>> say(std::string text, Duration timeout) = 0;
  /// TLS from here on, as `TalkOpening` described it. What was heard but not read is forgotten: it was said in the
  /// clear.
  virtual Task<std::optional<Failure>> secure(TlsOptions, Duration timeout) = 0;
  /// The last handshake's; nothing before one.
  virtual std::optional<TlsSeen> tls_seen() const = 0;
};

struct TalkOpened {
  std::optional<Failure> failure;
  std::unique_ptr<Talk> talk;  ///< null with a failure
  std::optional<TlsSeen> tls_seen;
  Timings timings;
};

enum class Transport : std::uint8_t { udp, tcp, tls };  ///< tcp and tls carry a length of two bytes in front (RFC 1035)

/// A question and the one answer to it: of what comes, only bytes that begin with the question's own first two count.
struct Packet {
  Address address;
  std::uint16_t port = 53;
  std::optional<Address> source;
  Transport transport = Transport::udp;
  std::string bytes;
  std::string host;  ///< as TalkOpening::host
  TlsOptions tls;
  TlsTerms terms;
  Duration timeout = std::chrono::seconds(5);
};

struct PacketAnswer {
  std::optional<Failure> failure;
  std::string bytes;
  Duration connect{};  ///< until the question could be sent
  Duration request{};  ///< from then to the answer
  std::optional<TlsSeen> tls_seen;
};

/// An ICMP echo request.
struct Ping {
  Address address;
  std::optional<Address> source;
  std::size_t payload_size = 28;
  bool dont_fragment = false;
  int ttl = 64;
  Duration timeout = std::chrono::seconds(5);
};

struct Echo {
  std::optional<Failure> failure;
  Duration setup{};
  Duration rtt{};
  std::optional<int> hop_limit;  ///< of the reply, where the system tells
};

}  // namespace mw
