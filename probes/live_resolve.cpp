// Every question asks through channels of its own, one per server: c-ares keeps one source port for a channel's
// life. A server that is silent or in trouble is soon joined by the next one; all of them may answer until the
// deadline, and the first real answer counts.
#include "probes/live_resolve.hpp"

#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "probes/live_reason.hpp"
#include "probes/live_socket.hpp"

namespace mw {

namespace {

constexpr std::size_t kAddressLimit = 32;
constexpr int kAliasLimit = 8;
constexpr int kUdpPayload = 1232;  // what survives any path unfragmented (DNS flag day 2020)

/// What one server made of the question.
struct Result {
  int status = ARES_ECANCELLED;
  int aliases = 0;
  std::vector<Address> addresses;
};

int milliseconds(Duration duration) {
  return static_cast<int>(std::max<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(duration).count(), 1));
}

Result read(int status, const ares_addrinfo* info) {
  Result result;
  result.status = status;
  if (status != ARES_SUCCESS || info == nullptr) return result;
  for (const auto* alias = info->cnames; alias != nullptr; alias = alias->next) ++result.aliases;
  for (const auto* node = info->nodes; node != nullptr; node = node->ai_next)
    if (const auto endpoint = endpoint_of(node->ai_addr, static_cast<std::size_t>(node->ai_addrlen)))
      result.addresses.push_back(endpoint->address);
  return result;
}

// ---- one server ---------------------------------------------------------------------------------------------

/// A c-ares channel on the loop. The callbacks record; work() is called by the coroutine in its own turn.
class Channel {
 public:
  /// `budget` is spread over the tries; `lookups` as c-ares wants them: f for the hosts file, b for DNS.
  Channel(const std::shared_ptr<LiveLoop>& loop, Wakeup& wakeup, Duration budget, const char* lookups);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  bool usable() const { return usable_; }
  bool use_server(const std::string& server);
  std::vector<std::string> servers() const;
  void ask(const std::string& name);
  void work();
  std::optional<SteadyTime> next_work() const;
  const std::optional<Result>& result() const { return result_; }

 private:
  struct Activity {
    std::unique_ptr<Watch> watch;
    bool wants_read = false;
    bool wants_write = false;
    bool readable = false;
    bool writable = false;
  };

  static const ares_socket_functions* socket_functions();
  static ares_socket_t open(int family, int type, int protocol, void* self);
  static void on_socket(void* self, ares_socket_t socket, int readable, int writable);
  static void on_answer(void* self, int status, int timeouts, ares_addrinfo* info);
  void watch(int socket, bool readable, bool writable);

  asio::io_context& context_;
  Wakeup& wakeup_;
  ares_channel channel_ = nullptr;
  bool usable_ = false;
  int socket_error_ = 0;
  std::map<int, Activity> sockets_;
  std::optional<Result> result_;
};

Channel::Channel(const std::shared_ptr<LiveLoop>& loop, Wakeup& wakeup, Duration budget, const char* lookups)
    : context_(loop->context()), wakeup_(wakeup) {
  static const int initialised = ares_library_init(ARES_LIB_INIT_ALL);
  ares_options options{};
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS | ARES_FLAG_NOCHECKRESP;
  options.tries = 2;
  options.timeout = milliseconds(budget / 3);  // and the second try gets twice that
  options.ednspsz = kUdpPayload;
  options.ndots = 1;
  std::string order = lookups;
  options.lookups = order.data();
  options.sock_state_cb = &Channel::on_socket;
  options.sock_state_cb_data = this;
  constexpr int kSet = ARES_OPT_FLAGS | ARES_OPT_TRIES | ARES_OPT_TIMEOUTMS | ARES_OPT_EDNSPSZ | ARES_OPT_NDOTS |
                       ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;
  usable_ = initialised == ARES_SUCCESS && ares_init_options(&channel_, &options, kSet) == ARES_SUCCESS;
  if (usable_) ares_set_socket_functions(channel_, socket_functions(), this);
}

/// c-ares calls a socket that cannot be had a refused connection: we know better, and close it on exec at once.
ares_socket_t Channel::open(int family, int type, int protocol, void* self) {
  const int opened = open_socket(family, type, protocol);
  if (opened < 0) static_cast<Channel*>(self)->socket_error_ = errno;
  return opened;
}

const ares_socket_functions* Channel::socket_functions() {
  static const ares_socket_functions functions = {
      &Channel::open, [](ares_socket_t socket, void*) { return ::close(socket); },
      [](ares_socket_t socket, const sockaddr* to, ares_socklen_t length, void*) {
        return ::connect(socket, to, length);
      },
      [](ares_socket_t socket, void* buffer, std::size_t size, int flags, sockaddr* from, ares_socklen_t* length,
         void*) { return ::recvfrom(socket, buffer, size, flags, from, length); },
      [](ares_socket_t socket, const iovec* parts, int count, void*) { return ::writev(socket, parts, count); }};
  return &functions;
}

Channel::~Channel() {
  if (usable_) ares_destroy(channel_);  // calls back with ECANCELLED; result_ still exists
}

bool Channel::use_server(const std::string& server) {
  return ares_set_servers_ports_csv(channel_, server.c_str()) == ARES_SUCCESS;
}

/// As "address:port" or "[address]:port".
std::vector<std::string> Channel::servers() const {
  std::vector<std::string> servers;
  ares_addr_port_node* nodes = nullptr;
  if (ares_get_servers_ports(channel_, &nodes) != ARES_SUCCESS) return servers;
  for (const auto* node = nodes; node != nullptr; node = node->next) {
    Address address;
    address.v6 = node->family == AF_INET6;
    std::memcpy(address.bytes.data(), &node->addr, address.v6 ? 16 : 4);
    const std::string host = address.v6 ? "[" + to_string(address) + "]" : to_string(address);
    servers.push_back(node->udp_port == 0 ? host : host + ":" + std::to_string(node->udp_port));
  }
  ares_free_data(nodes);
  return servers;
}

void Channel::ask(const std::string& name) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_flags = ARES_AI_NOSORT;  // sorting would open a socket per address
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, &Channel::on_answer, this);
}

void Channel::on_socket(void* self, ares_socket_t socket, int readable, int writable) {
  static_cast<Channel*>(self)->watch(socket, readable != 0, writable != 0);
}

void Channel::watch(int socket, bool readable, bool writable) {
  if (!readable && !writable) {
    sockets_.erase(socket);
    return;
  }
  Activity& activity = sockets_[socket];
  if (!activity.watch) {
    const auto ready = [this, &activity](bool can_read, bool can_write) {
      activity.readable |= can_read;
      activity.writable |= can_write;
      activity.watch->want(false, false);  // until work() has had its turn
      wakeup_.wake();
    };
    activity.watch = std::make_unique<Watch>(context_, socket, ready);
  }
  activity.wants_read = readable;
  activity.wants_write = writable;
  activity.watch->want(readable, writable);
}

void Channel::on_answer(void* self, int status, int, ares_addrinfo* info) {
  Channel& channel = *static_cast<Channel*>(self);
  const bool no_socket = status == ARES_ECONNREFUSED && channel.socket_error_ != 0;
  channel.result_ = read(no_socket ? ARES_EFILE : status, info);
  if (info != nullptr) ares_freeaddrinfo(info);
  channel.wakeup_.wake();
}

void Channel::work() {
  std::map<int, std::pair<bool, bool>> events;
  for (auto& [socket, activity] : sockets_)
    if (activity.readable || activity.writable)
      events[socket] = {std::exchange(activity.readable, false), std::exchange(activity.writable, false)};
  for (const auto& [socket, can] : events)
    if (sockets_.contains(socket))  // not closed while another one was served
      ares_process_fd(channel_, can.first ? socket : ARES_SOCKET_BAD, can.second ? socket : ARES_SOCKET_BAD);
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // timeouts
  for (auto& [socket, activity] : sockets_) activity.watch->want(activity.wants_read, activity.wants_write);
}

std::optional<SteadyTime> Channel::next_work() const {
  timeval wait{};
  if (result_ || ares_timeout(channel_, nullptr, &wait) == nullptr) return std::nullopt;
  return std::chrono::steady_clock::now() + std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec);
}

// ---- one question -------------------------------------------------------------------------------------------

Failure failed(Reason reason, std::string detail) { return {Layer::dns, reason, std::move(detail)}; }

Reason reason_of(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
    case ARES_EBADNAME:
      return Reason::nxdomain;
    case ARES_ENODATA:
      return Reason::no_data;
    case ARES_ESERVFAIL:
    case ARES_ENOTIMP:
      return Reason::servfail;
    case ARES_EREFUSED:
      return Reason::refused_query;
    case ARES_ETIMEOUT:
    case ARES_ECANCELLED:
      return Reason::timeout;
    case ARES_ECONNREFUSED:
      return Reason::resolver_unreachable;
    case ARES_ENOMEM:
    case ARES_EFILE:
      return Reason::local_resource;
    default:  // EBADRESP, EFORMERR, EBADQUERY …
      return Reason::bad_reply;
  }
}

/// Whether another server could know better.
bool is_final(const Result& result) {
  return result.status == ARES_SUCCESS || result.status == ARES_ENOTFOUND || result.status == ARES_ENODATA ||
         result.status == ARES_EBADNAME;
}

/// Of several servers' troubles, the one that says most: a word from a server before none at all.
int weight(const Result& result) {
  switch (reason_of(result.status)) {
    case Reason::servfail:
      return 5;
    case Reason::refused_query:
      return 4;
    case Reason::bad_reply:
      return 3;
    case Reason::timeout:
      return 2;
    default:
      return 1;
  }
}

class Asking {
 public:
  Asking(std::shared_ptr<LiveLoop> loop, Question question)
      : loop_(std::move(loop)),
        question_(std::move(question)),
        wakeup_(loop_),
        started_(std::chrono::steady_clock::now()),
        deadline_(deadline_after(question_.timeout)) {}

  Task<void> ask();
  Answer answer();

 private:
  std::vector<std::string> servers();
  void ask_next();
  bool wants_next(SteadyTime now) const;
  bool over() const;
  SteadyTime next_turn() const;
  const Result* best() const;
  Failure failure(const Result* result) const;

  std::shared_ptr<LiveLoop> loop_;
  Question question_;
  Wakeup wakeup_;
  SteadyTime started_;
  SteadyTime deadline_;
  SteadyTime last_asked_{};
  Duration patience_{};
  std::vector<std::string> servers_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::size_t asked_ = 0;
  std::optional<Failure> setup_;
};

/// Read anew for each question: resolv.conf may have changed.
std::vector<std::string> Asking::servers() {
  if (!question_.servers.empty()) return question_.servers;
  const Channel system(loop_, wakeup_, question_.timeout, "b");
  return system.usable() ? system.servers() : std::vector<std::string>{};
}

void Asking::ask_next() {
  const bool hosts_file = question_.servers.empty() && asked_ == 0;
  const std::string& server = servers_.at(asked_++);
  last_asked_ = std::chrono::steady_clock::now();
  auto channel = std::make_unique<Channel>(loop_, wakeup_, deadline_ - last_asked_, hosts_file ? "fb" : "b");
  if (!channel->usable() || !channel->use_server(server)) {
    setup_ = failed(Reason::local_resource, "cannot ask resolver " + server);
    return;
  }
  channel->ask(question_.name);
  channels_.push_back(std::move(channel));
}

bool Asking::wants_next(SteadyTime now) const {
  if (asked_ == servers_.size()) return false;
  const bool idle =
      std::all_of(channels_.begin(), channels_.end(), [](const auto& c) { return c->result().has_value(); });
  return idle || now >= last_asked_ + patience_;
}

bool Asking::over() const {
  const auto settled = [](const auto& channel) { return channel->result() && is_final(*channel->result()); };
  if (std::any_of(channels_.begin(), channels_.end(), settled)) return true;
  const auto ended = [](const auto& channel) { return channel->result().has_value(); };
  return asked_ == servers_.size() && std::all_of(channels_.begin(), channels_.end(), ended);
}

SteadyTime Asking::next_turn() const {
  SteadyTime next = deadline_;
  if (asked_ < servers_.size()) next = std::min(next, last_asked_ + patience_);
  for (const auto& channel : channels_)
    if (const auto at = channel->next_work()) next = std::min(next, *at);
  return next;
}

Task<void> Asking::ask() {
  servers_ = servers();
  if (servers_.empty()) {
    setup_ = failed(Reason::local_resource, "no resolver is configured");
    co_return;
  }
  patience_ = question_.timeout / (3 * static_cast<int>(servers_.size()));
  while (!over() && !loop_->closed() && std::chrono::steady_clock::now() < deadline_) {
    if (wants_next(std::chrono::steady_clock::now())) {
      ask_next();
      continue;
    }
    const SteadyTime until = next_turn();
    co_await wakeup_.until(until);
    for (const auto& channel : channels_) channel->work();
  }
}

const Result* Asking::best() const {
  const Result* best = nullptr;
  for (const auto& channel : channels_) {
    if (!channel->result()) continue;
    const Result& result = *channel->result();
    if (is_final(result)) return &result;
    if (best == nullptr || weight(result) > weight(*best)) best = &result;
  }
  return best;
}

Failure Asking::failure(const Result* result) const {
  const std::string asked = question_.name + ": ";
  if (loop_->closed()) return closed_door(Layer::dns);
  const bool silent_ones = std::any_of(channels_.begin(), channels_.end(), [](const auto& c) { return !c->result(); });
  if (result == nullptr && setup_) return *setup_;
  if (result == nullptr || (silent_ones && weight(*result) < 2))
    return failed(Reason::timeout, asked + "no answer within the deadline");
  return failed(reason_of(result->status), asked + ares_strerror(result->status));
}

Answer Asking::answer() {
  Answer answer;
  answer.took = std::chrono::steady_clock::now() - started_;
  const Result* result = best();
  if (result == nullptr || result->status != ARES_SUCCESS) {
    answer.failure = failure(result);
    return answer;
  }
  if (result->aliases > kAliasLimit) {
    answer.failure =
        failed(Reason::bad_reply, question_.name + ": a chain of " + std::to_string(result->aliases) + " aliases");
    return answer;
  }
  answer.addresses = result->addresses;
  if (answer.addresses.empty()) answer.failure = failed(Reason::no_data, question_.name + ": no address");
  return answer;
}

/// v4 before v6, each sorted, none twice, so that the same set compares equal however the server turned it.
std::vector<Address> in_order(std::vector<Address> addresses) {
  const auto before = [](const Address& a, const Address& b) { return a.v6 != b.v6 ? b.v6 : a.bytes < b.bytes; };
  std::sort(addresses.begin(), addresses.end(), before);
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  if (addresses.size() > kAddressLimit) addresses.resize(kAddressLimit);
  return addresses;
}

/// Answers that need no server: an address is its own; localhost is never asked abroad (RFC 6761).
std::optional<Answer> known(const std::string& name) {
  Answer answer;
  if (const auto literal = parse_address(name)) {
    answer.addresses = {*literal};
    return answer;
  }
  if (name != "localhost" && !name.ends_with(".localhost")) return std::nullopt;
  answer.addresses = {*parse_address("127.0.0.1"), *parse_address("::1")};
  return answer;
}

}  // namespace

Task<Answer> live_resolve(std::shared_ptr<LiveLoop> loop, Question question) {
  Answer answer;
  if (loop->closed()) {
    answer.failure = closed_door(Layer::dns);
    co_return answer;
  }
  if (const auto at_once = known(question.name)) co_return *at_once;
  Asking asking(loop, std::move(question));
  co_await asking.ask();
  loop->begin_turn();
  answer = asking.answer();
  answer.addresses = in_order(std::move(answer.addresses));
  co_return answer;
}

}  // namespace mw
