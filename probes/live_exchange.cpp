// A connected socket of its own for every question: a source port that nobody can guess, and the answer of nobody else.
#include "probes/live_exchange.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "probes/live_reason.hpp"
#include "probes/live_socket.hpp"
#include "probes/live_stream.hpp"

namespace mw {

namespace {

constexpr std::size_t kLargestDatagram = 65535;

Failure system_failure(Layer layer, int error) { return {layer, reason_of_errno(error), std::strerror(error)}; }

bool is_answer(std::string_view bytes, const Packet& packet) {
  return bytes.size() >= 2 && bytes.substr(0, 2) == std::string_view(packet.bytes).substr(0, 2);
}

// ---- datagrams ----------------------------------------------------------------------------------------------

/// -1 and errno when it cannot be had.
int connected_datagram_socket(const Packet& packet) {
  Descriptor socket(open_socket(packet.address.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0));
  sockaddr_storage to{};
  const socklen_t length = to_socket_address({packet.address, packet.port}, to);
  const bool ok = socket && bind_source(socket.get(), packet.source) &&
                  ::connect(socket.get(), reinterpret_cast<sockaddr*>(&to), length) == 0 &&
                  ::send(socket.get(), packet.bytes.data(), packet.bytes.size(), 0) >= 0;
  return ok ? socket.release() : -1;
}

/// False: there is none yet.
bool receive(int socket, const Packet& packet, PacketAnswer& answered) {
  std::array<char, kLargestDatagram> buffer;  // NOLINT(*-member-init): filled by the system
  for (;;) {
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return false;
    if (got < 0) {
      answered.failure = system_failure(Layer::dns, errno);
      return true;
    }
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    if (!is_answer(bytes, packet)) continue;
    answered.bytes = bytes;
    return true;
  }
}

Task<PacketAnswer> by_datagram(std::shared_ptr<LiveLoop> loop, Packet packet) {
  const SteadyTime deadline = deadline_after(packet.timeout);
  const SteadyTime started = std::chrono::steady_clock::now();
  PacketAnswer answered;
  const Descriptor socket(connected_datagram_socket(packet));
  if (!socket) {
    answered.failure = system_failure(Layer::connect, errno);
    co_return answered;
  }
  Wakeup wakeup(loop);
  Watch watch(loop->context(), socket.get(), [&wakeup](bool, bool) { wakeup.wake(); });
  watch.want(true, false);
  const SteadyTime sent = std::chrono::steady_clock::now();
  answered.connect = sent - started;
  while (!receive(socket.get(), packet, answered)) {
    co_await wakeup.until(deadline);
    const bool late = std::chrono::steady_clock::now() >= deadline;
    if (loop->closed()) answered.failure = closed_door(Layer::dns);
    if (!loop->closed() && late)
      answered.failure = Failure{Layer::dns, Reason::timeout, "no answer within the deadline"};
    if (answered.failure) break;
  }
  answered.request = std::chrono::steady_clock::now() - sent;
  co_return answered;
}

// ---- streams ------------------------------------------------------------------------------------------------

std::string with_length(const std::string& bytes) {
  const std::size_t size = bytes.size();
  return std::string{static_cast<char>(size >> 8U), static_cast<char>(size & 0xFFU)} + bytes;
}

/// How many bytes the whole answer has; 0 = not known yet.
std::size_t announced(std::string_view buffer) {
  if (buffer.size() < 2) return 0;
  return 2 + (std::size_t{static_cast<unsigned char>(buffer[0])} << 8U) + static_cast<unsigned char>(buffer[1]);
}

Task<std::optional<Failure>> read_answer(Stream& stream, SteadyTime deadline) {
  std::string& buffer = stream.buffer();
  while (announced(buffer) == 0 || buffer.size() < announced(buffer)) {
    auto failure = co_await stream.read(deadline);
    if (failure) {
      failure->layer = Layer::dns;
      co_return failure;
    }
    if (stream.ended()) co_return Failure{Layer::dns, Reason::truncated, "closed before the end of the answer"};
  }
  co_return std::nullopt;
}

Task<std::optional<Failure>> secure(Stream& stream, std::shared_ptr<TlsContexts> contexts, Packet packet,
                                    SteadyTime deadline) {
  const auto context = contexts->get(packet.tls);
  if (const auto* failure = std::get_if<Failure>(&context)) co_return *failure;
  auto session =
      std::make_unique<TlsSession>(std::get<TlsContexts::Context>(context), stream.socket(), packet.terms, packet.host);
  auto failure = co_await stream.secure(std::move(session), deadline);
  co_return failure;
}

Task<PacketAnswer> by_stream(std::shared_ptr<LiveLoop> loop, std::shared_ptr<TlsContexts> contexts, Packet packet) {
  const SteadyTime deadline = deadline_after(packet.timeout);
  const SteadyTime started = std::chrono::steady_clock::now();
  PacketAnswer answered;
  Stream stream(loop, {packet.address, packet.port}, packet.source);
  answered.failure = co_await stream.connect(deadline);
  if (!answered.failure && packet.transport == Transport::tls) {
    answered.failure = co_await secure(stream, contexts, packet, deadline);
    answered.tls_seen = stream.seen();
  }
  const SteadyTime connected = std::chrono::steady_clock::now();
  answered.connect = connected - started;
  if (answered.failure) co_return answered;
  std::string question = with_length(packet.bytes);
  answered.failure = co_await stream.write(std::move(question), deadline);
  if (!answered.failure) answered.failure = co_await read_answer(stream, deadline);
  answered.request = std::chrono::steady_clock::now() - connected;
  if (answered.failure) co_return answered;
  answered.bytes = stream.buffer().substr(2, announced(stream.buffer()) - 2);
  if (!is_answer(answered.bytes, packet))
    answered.failure = Failure{Layer::dns, Reason::bad_reply, "the answer is to another question"};
  co_return answered;
}

}  // namespace

Task<PacketAnswer> live_exchange(std::shared_ptr<LiveLoop> loop, std::shared_ptr<TlsContexts> contexts, Packet packet) {
  PacketAnswer answered;
  if (loop->closed()) {
    answered.failure = closed_door(Layer::dns);
    co_return answered;
  }
  if (packet.transport == Transport::udp) {
    answered = co_await by_datagram(loop, std::move(packet));
  } else {
    answered = co_await by_stream(loop, std::move(contexts), std::move(packet));
  }
  loop->begin_turn();
  co_return answered;
}

}  // namespace mw
