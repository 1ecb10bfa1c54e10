// An echo request and its reply (RFC 792, RFC 4443). A ping socket first, which needs no privilege but the group in
// net.ipv4.ping_group_range; a raw one, which needs CAP_NET_RAW, where that is not allowed.
#include "probes/live_echo.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "probes/live_reason.hpp"
#include "probes/live_socket.hpp"
#include "probes/live_stream.hpp"

namespace mw {

namespace {

constexpr std::size_t kHeader = 8;
constexpr std::string_view kFiller = "mirrorwarden echo request..";

struct Kind {
  std::uint8_t request;
  std::uint8_t reply;
};
constexpr Kind kV4 = {8, 0};
constexpr Kind kV6 = {128, 129};

/// RFC 1071. The kernel does it for ICMPv6 and for ping sockets.
std::uint16_t checksum(std::string_view bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const auto high = static_cast<unsigned char>(bytes[i]);
    const auto low = i + 1 < bytes.size() ? static_cast<unsigned char>(bytes[i + 1]) : std::uint8_t{0};
    sum += (std::uint32_t{high} << 8U) + low;
  }
  while ((sum >> 16U) != 0) sum = (sum & 0xFFFFU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

void put(std::string& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<char>(value >> 8U);
  bytes[at + 1] = static_cast<char>(value & 0xFFU);
}

std::string request_of(const Ping& ping, std::uint16_t id, std::uint16_t sequence) {
  std::string bytes(kHeader, '\0');
  bytes[0] = static_cast<char>(ping.address.v6 ? kV6.request : kV4.request);
  put(bytes, 4, id);
  put(bytes, 6, sequence);
  while (bytes.size() < kHeader + ping.payload_size)
    bytes += kFiller.substr(0, std::min(kFiller.size(), kHeader + ping.payload_size - bytes.size()));
  if (!ping.address.v6) put(bytes, 2, checksum(bytes));
  return bytes;
}

struct EchoSocket {
  Descriptor descriptor;
  bool raw = false;
};

EchoSocket open_echo_socket(bool v6) {
  const int family = v6 ? AF_INET6 : AF_INET;
  const int protocol = v6 ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP);
  EchoSocket socket{Descriptor(open_socket(family, SOCK_DGRAM, protocol)), false};
  if (!socket.descriptor) socket = {Descriptor(open_socket(family, SOCK_RAW, protocol)), true};
  return socket;
}

bool set(int socket, int level, int option, int value) {
  return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
}

/// False, and errno, when one of them is refused.
bool set_options(int socket, const Ping& ping) {
  if (ping.address.v6)
    return set(socket, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ping.ttl) && set(socket, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
  const bool whole = !ping.dont_fragment || set(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
  return whole && set(socket, IPPROTO_IP, IP_TTL, ping.ttl) && set(socket, IPPROTO_IP, IP_RECVTTL, 1);
}

bool connect_to(int socket, const Ping& ping) {
  sockaddr_storage to{};
  const socklen_t length = to_socket_address({ping.address, 0}, to);
  return bind_source(socket, ping.source) && ::connect(socket, reinterpret_cast<sockaddr*>(&to), length) == 0;
}

std::optional<int> hop_limit_of(msghdr& message) {
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    const bool v4 = each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_TTL;
    const bool v6 = each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_HOPLIMIT;
    int value = 0;
    if (!v4 && !v6) continue;
    std::memcpy(&value, CMSG_DATA(each), sizeof value);
    return value;
  }
  return std::nullopt;
}

/// Without the IP header that a raw v4 socket has in front.
std::string_view without_ip_header(std::string_view bytes, bool raw_v4) {
  if (!raw_v4 || bytes.empty()) return bytes;
  const std::size_t length = std::size_t{static_cast<unsigned char>(bytes[0]) & 15U} * 4;
  return bytes.substr(std::min(length, bytes.size()));
}

/// The identifier is the kernel's in a ping socket, and then nobody else's replies come in.
bool is_reply(std::string_view bytes, std::string_view request, const Ping& ping, bool raw) {
  const auto type = static_cast<char>(ping.address.v6 ? kV6.reply : kV4.reply);
  if (bytes.size() != request.size() || bytes[0] != type) return false;
  const std::size_t from = raw ? 4 : 6;
  return bytes.substr(from) == request.substr(from);
}

struct Pinging {
  const Ping& ping;
  const EchoSocket& socket;
  const std::string& request;
};

/// False: the reply is not there yet.
bool receive(const Pinging& what, Echo& echo) {
  std::array<char, 65536> buffer;                  // NOLINT(*-member-init): filled by the system
  alignas(cmsghdr) std::array<char, 256> control;  // NOLINT(*-member-init): likewise
  for (;;) {
    iovec piece{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(what.socket.descriptor.get(), &message, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return false;
    if (got < 0) {
      echo.failure = Failure{Layer::connect, reason_of_errno(errno), std::strerror(errno)};
      return true;
    }
    const std::string_view bytes =
        without_ip_header({buffer.data(), static_cast<std::size_t>(got)}, what.socket.raw && !what.ping.address.v6);
    if (!is_reply(bytes, what.request, what.ping, what.socket.raw)) continue;
    echo.hop_limit = hop_limit_of(message);
    return true;
  }
}

Task<void> await_reply(std::shared_ptr<LiveLoop> loop, const Pinging& what, SteadyTime deadline, Echo& echo) {
  Wakeup wakeup(loop);
  Watch watch(loop->context(), what.socket.descriptor.get(), [&wakeup](bool, bool) { wakeup.wake(); });
  watch.want(true, false);
  while (!receive(what, echo)) {
    co_await wakeup.until(deadline);
    const bool late = std::chrono::steady_clock::now() >= deadline;
    if (loop->closed()) echo.failure = closed_door(Layer::connect);
    if (!loop->closed() && late)
      echo.failure = Failure{Layer::connect, Reason::timeout, to_string(what.ping.address) + ": no reply in time"};
    if (echo.failure) break;
  }
}

std::string no_socket(int error) {
  return std::string("an ICMP socket cannot be had: ") + std::strerror(error) +
         "; allow the agent's group in net.ipv4.ping_group_range, or give it CAP_NET_RAW";
}

std::uint16_t next_number() {
  static std::atomic<std::uint16_t> last{0};
  return ++last;
}

}  // namespace

Task<Echo> live_ping(std::shared_ptr<LiveLoop> loop, Ping ping) {
  Echo echo;
  if (loop->closed()) {
    echo.failure = closed_door(Layer::connect);
    co_return echo;
  }
  const SteadyTime deadline = deadline_after(ping.timeout);
  const SteadyTime started = std::chrono::steady_clock::now();
  const EchoSocket socket = open_echo_socket(ping.address.v6);
  const bool usable =
      socket.descriptor && set_options(socket.descriptor.get(), ping) && connect_to(socket.descriptor.get(), ping);
  if (!usable) {
    const Reason reason = socket.descriptor ? reason_of_errno(errno) : Reason::local_resource;
    echo.failure = Failure{Layer::connect, reason, socket.descriptor ? std::strerror(errno) : no_socket(errno)};
    co_return echo;
  }
  const auto id = static_cast<std::uint16_t>(started.time_since_epoch().count());
  const std::string request = request_of(ping, id, next_number());
  const SteadyTime sent = std::chrono::steady_clock::now();
  echo.setup = sent - started;
  if (::send(socket.descriptor.get(), request.data(), request.size(), 0) < 0)
    echo.failure = Failure{Layer::connect, reason_of_errno(errno), std::strerror(errno)};
  const Pinging what{ping, socket, request};
  if (!echo.failure) co_await await_reply(loop, what, deadline, echo);
  if (!echo.failure) echo.rtt = std::chrono::steady_clock::now() - sent;
  loop->begin_turn();
  co_return echo;
}

}  // namespace mw
