// Just enough DNS to answer wrongly in every way that matters.
#include "tests/support/hostile_dns.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace mw {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int kTypeA = 1;
constexpr int kTypeCname = 5;
constexpr int kTypeAaaa = 28;

struct Query {
  std::string id;        ///< two bytes
  std::string question;  ///< name, type and class as sent
  std::string trouble;   ///< the first label
  int type = 0;
};

std::string u16(std::size_t value) {
  return {static_cast<char>((value >> 8U) & 0xFFU), static_cast<char>(value & 0xFFU)};
}

std::optional<Query> parse(std::string_view message) {
  if (message.size() < 17) return std::nullopt;
  std::size_t at = 12;
  Query query;
  query.id = message.substr(0, 2);
  query.trouble = message.substr(13, static_cast<unsigned char>(message[12]));
  while (at < message.size() && message[at] != 0) at += 1 + static_cast<unsigned char>(message[at]);
  if (at + 5 > message.size()) return std::nullopt;
  query.question = message.substr(12, at + 5 - 12);
  query.type = static_cast<unsigned char>(message[at + 2]);
  return query;
}

std::string record(const std::string& owner, int type, const std::string& data) {
  return owner + u16(static_cast<std::size_t>(type)) + u16(1) + std::string(4, '\0') + u16(data.size()) + data;
}

/// A name of one label, in full.
std::string label(const std::string& text) { return static_cast<char>(text.size()) + text + '\0'; }

struct Message {
  int rcode = 0;
  bool truncated = false;
  std::size_t answers = 0;
  std::string body;

  std::string wire(const Query& query, const std::string& id) const {
    const auto flags = 0x8180U | (truncated ? 0x0200U : 0U) | static_cast<unsigned>(rcode);
    return id + u16(flags) + u16(1) + u16(answers) + u16(0) + u16(0) + query.question + body;
  }
  void add(std::string bytes) {
    body += bytes;
    ++answers;
  }
};

const std::string kQuestionName("\xc0\x0c", 2);

Message addresses(const Query& query, bool v4, bool v6) {
  Message message;
  if (v4 && query.type == kTypeA) {
    message.add(record(kQuestionName, kTypeA, {"\xc0\x00\x02\x02", 4}));
    message.add(record(kQuestionName, kTypeA, {"\xc0\x00\x02\x01", 4}));
  }
  if (v6 && query.type == kTypeAaaa)
    message.add(record(kQuestionName, kTypeAaaa, {"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16}));
  return message;
}

Message many_addresses(const Query& query) {
  Message message;
  if (query.type != kTypeA) return message;
  for (unsigned i = 2000; i-- > 0;) message.add(record(kQuestionName, kTypeA, std::string("\xc6\x33", 2) + u16(i)));
  return message;
}

Message alias_chain(const Query& query, int length) {
  Message message;
  std::string owner = kQuestionName;
  for (int i = 0; i < length; ++i) {
    const std::string next = label("alias" + std::to_string(i));
    message.add(record(owner, kTypeCname, next));
    owner = next;
  }
  if (query.type == kTypeA) message.add(record(owner, kTypeA, {"\xc0\x00\x02\x01", 4}));
  return message;
}

Message alias_loop() {
  Message message;
  message.add(record(kQuestionName, kTypeCname, label("b")));
  message.add(record(label("b"), kTypeCname, kQuestionName));
  return message;
}

Message lying_lengths() {
  Message message;
  message.answers = 5;
  message.body = kQuestionName + u16(kTypeA) + u16(1) + std::string(4, '\0') + u16(40000) + "short";
  return message;
}

Message status(int rcode) {
  Message message;
  message.rcode = rcode;
  return message;
}

/// What to say, or nothing to stay silent.
std::optional<std::string> reply_to(const Query& query, bool over_tcp) {
  const std::string& trouble = query.trouble;
  const bool wants_tcp = trouble.starts_with("tc-") || trouble == "many";
  if (wants_tcp && !over_tcp) {
    Message message;
    message.truncated = true;
    return message.wire(query, query.id);
  }
  if (trouble == "silent" || trouble == "tc-silent") return std::nullopt;
  if (trouble == "noise") return std::string("\xff\xff", 2);
  std::string id = query.id;
  if (trouble == "wrong-id") id[0] = static_cast<char>(id[0] ^ 0x55);
  Message message = addresses(query, trouble != "v6-only", trouble != "v4-only");
  if (trouble == "nxdomain") message = status(3);
  if (trouble == "servfail") message = status(2);
  if (trouble == "notimp") message = status(4);
  if (trouble == "refused") message = status(5);
  if (trouble == "nodata") message = status(0);
  if (trouble == "many") message = many_addresses(query);
  if (trouble == "aliases-3") message = alias_chain(query, 3);
  if (trouble == "aliases-20") message = alias_chain(query, 20);
  if (trouble == "alias-loop") message = alias_loop();
  if (trouble == "garbage") message = lying_lengths();
  return message.wire(query, id);
}

int bound_socket(int type, std::uint16_t& port) {
  const int descriptor = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (descriptor < 0) return -1;
  if (::bind(descriptor, generic, length) != 0) {
    ::close(descriptor);
    return -1;
  }
  ::getsockname(descriptor, generic, &length);
  port = ntohs(address.sin_port);
  return descriptor;
}

/// What the server's thread keeps between polls.
class Desk {
 public:
  Desk(int udp, int tcp) : udp_(udp), tcp_(tcp) {}
  ~Desk() {
    for (const int connection : connections_) ::close(connection);
  }
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  void wait() const {
    pollfd both[2] = {{udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
    ::poll(both, 2, 5);
  }

  void serve_udp(bool silent);
  void accept_tcp();
  void send_late_ones();
  int source_ports() const { return static_cast<int>(ports_.size()); }

 private:
  struct Late {
    Clock::time_point at;
    sockaddr_in to;
    std::string message;
  };

  void send(const sockaddr_in& to, const std::string& message) const {
    ::sendto(udp_, message.data(), message.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }

  int udp_;
  int tcp_;
  std::vector<Late> late_;
  std::set<std::uint16_t> ports_;
  std::vector<int> connections_;
};

void Desk::serve_udp(bool silent) {
  char buffer[4096];
  sockaddr_in from{};
  socklen_t length = sizeof from;
  const ssize_t got =
      ::recvfrom(udp_, buffer, sizeof buffer, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&from), &length);
  if (got <= 0) return;
  ports_.insert(from.sin_port);
  const auto query = parse({buffer, static_cast<std::size_t>(got)});
  const auto message = query && !silent ? reply_to(*query, false) : std::nullopt;
  if (!message) return;
  if (query->trouble == "late")
    late_.push_back({Clock::now() + 450ms, from, *message});
  else
    send(from, *message);
}

void Desk::send_late_ones() {
  std::erase_if(late_, [this](const Late& late) {
    const bool due = Clock::now() >= late.at;
    if (due) send(late.to, late.message);
    return due;
  });
}

/// One connection at a time, its questions answered in order; the silent ones are kept open.
void Desk::accept_tcp() {
  const int connection = ::accept4(tcp_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (connection >= 0) connections_.push_back(connection);
  for (const int open : connections_) {
    char buffer[4096];
    const ssize_t got = ::recv(open, buffer, sizeof buffer, MSG_DONTWAIT);
    for (std::string_view rest(buffer, got > 0 ? static_cast<std::size_t>(got) : 0); rest.size() > 2;) {
      const std::size_t size = static_cast<unsigned char>(rest[0]) * 256U + static_cast<unsigned char>(rest[1]);
      const auto query = parse(rest.substr(2, size));
      const auto message = query ? reply_to(*query, true) : std::nullopt;
      if (message) {
        const std::string framed = u16(message->size()) + *message;
        ::send(open, framed.data(), framed.size(), MSG_NOSIGNAL);
      }
      rest.remove_prefix(std::min(rest.size(), size + 2));
    }
  }
}

}  // namespace

HostileDns::HostileDns(Mood mood) : mood_(mood) {
  // A port that is free for UDP may be taken for TCP, by a connection that another test has just closed.
  for (int tries = 0; tries < 20 && tcp_ < 0; ++tries) {
    if (udp_ >= 0) ::close(udp_);
    port_ = 0;
    udp_ = bound_socket(SOCK_DGRAM, port_);
    tcp_ = bound_socket(SOCK_STREAM | SOCK_NONBLOCK, port_);
  }
  if (udp_ < 0 || tcp_ < 0 || ::listen(tcp_, 16) != 0) throw std::runtime_error("no loopback DNS port");
  thread_ = std::thread([this] { run(); });
}

HostileDns::~HostileDns() {
  stopping_ = true;
  thread_.join();
  ::close(udp_);
  ::close(tcp_);
}

void HostileDns::run() {
  Desk desk(udp_, tcp_);
  while (!stopping_) {
    desk.wait();
    desk.serve_udp(mood_ == Mood::silent);
    desk.accept_tcp();
    desk.send_late_ones();
    source_ports_ = desk.source_ports();
  }
}

}  // namespace mw
