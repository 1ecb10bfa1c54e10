// Accepting, watching over the connections, and the thread that does it.
#include "exporter/web/listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <thread>

#include "exporter/web/listener_connection.hpp"
#include "exporter/web/listener_hall.hpp"
#include "exporter/web/listening_socket.hpp"
#include "exporter/web/reply_text.hpp"

namespace mw {

namespace {

constexpr Duration kLook = std::chrono::milliseconds(100);
constexpr Duration kGrace = std::chrono::seconds(1);  ///< for requests in flight when we stop
constexpr Duration kOutOfFiles = std::chrono::milliseconds(50);
constexpr int kAcceptAtOnce = 64;
constexpr int kUnsent = 64 * 1024;        ///< bytes that the kernel keeps for a reader who does not take them
constexpr std::size_t kOtherFiles = 200;  ///< descriptors left to everything that is not a connection of ours

SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

/// No more connections than there are descriptors for.
WebLimits within_descriptors(WebLimits limits) {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return limits;
  const std::size_t free = files.rlim_cur > 2 * kOtherFiles ? files.rlim_cur - kOtherFiles : files.rlim_cur / 2;
  limits.connections = std::min(limits.connections, free);
  return limits;
}

void set_options(int fd, int family) {
  if (family == AF_UNIX) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsent, sizeof kUnsent);
}

Task<void> live(std::shared_ptr<Connection> connection) { co_await connection->serve(); }

}  // namespace

struct Listener::Running {
  Running(const WebLimits& limits, Log& log) : hall(within_descriptors(limits), log), watch_timer(hall.loop) {}
  ~Running();

  void start(Listening sockets);
  Task<void> accept(int fd);
  int accept_some(int fd);
  void admit(int fd, const sockaddr_storage& peer);
  std::optional<Refusal> make_room(const Address& caller);
  bool evict(const Address* only);
  Task<void> watch();
  void look_at_all();
  void close_door();
  void run();

  Hall hall;
  std::vector<std::string> names;
  std::list<asio::posix::stream_descriptor*> accepting;
  asio::steady_timer watch_timer;
  SteadyTime stop_by{};
  Listening listening;
  std::thread thread;
};

// ---- accepting ----------------------------------------------------------------------------------------------

Task<void> Listener::Running::accept(int fd) {
  asio::posix::stream_descriptor descriptor(hall.loop, ::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  const auto mine = accepting.insert(accepting.end(), &descriptor);
  std::error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  while (!hall.closing) {
    co_await descriptor.async_wait(asio::posix::stream_descriptor::wait_read, token);
    const int trouble = accept_some(fd);
    if (trouble != EMFILE && trouble != ENFILE && trouble != ENOBUFS && trouble != ENOMEM) continue;
    evict(nullptr);
    asio::steady_timer pause(hall.loop, kOutOfFiles);
    co_await pause.async_wait(token);
  }
  accepting.erase(mine);
}

/// Those who knock now; errno when there is nobody more.
int Listener::Running::accept_some(int fd) {
  for (int i = 0; i < kAcceptAtOnce && !hall.closing; ++i) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    const int accepted = ::accept4(fd, reinterpret_cast<sockaddr*>(&peer), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0) return errno;
    admit(accepted, peer);
  }
  return 0;
}

/// Closes the connection that has been silent for longest; of this caller only, or of all.
bool Listener::Running::evict(const Address* only) {
  Connection* oldest = nullptr;
  for (const auto& each : hall.connections) {
    if (!each->is_silent() || (only != nullptr && each->caller() != *only)) continue;
    if (oldest == nullptr || each->since() < oldest->since()) oldest = each.get();
  }
  if (oldest != nullptr) oldest->cut(Refusal::evicted);
  return oldest != nullptr;
}

std::optional<Refusal> Listener::Running::make_room(const Address& caller) {
  if (hall.admission.is_full_for(caller) && !evict(&caller)) return Refusal::too_many_of_one;
  if (hall.admission.is_full() && !evict(nullptr) && !hall.displace_for(caller)) return Refusal::too_many;
  return std::nullopt;
}

void Listener::Running::admit(int fd, const sockaddr_storage& peer) {
  const Address caller = caller_of(peer);
  const auto refused = make_room(caller);
  if (refused) {
    hall.tally.count(*refused);
    if (!hall.door->in_force()->tls) say_no_room(fd);
    ::close(fd);
    return;
  }
  set_options(fd, peer.ss_family);
  Wire::Socket socket(hall.loop);
  std::error_code error;
  const int protocol = peer.ss_family == AF_UNIX ? 0 : IPPROTO_TCP;
  socket.assign(asio::generic::stream_protocol(peer.ss_family, protocol), fd, error);
  if (error) {
    ::close(fd);
    return;
  }
  if (hall.connections.empty()) watch_timer.cancel();  // there is something to watch again
  hall.connections.push_back(std::make_shared<Connection>(hall, std::move(socket), caller));
  const auto mine = std::prev(hall.connections.end());
  asio::co_spawn(hall.loop, live(*mine), [this, mine](const std::exception_ptr& died) {
    (*mine)->end();
    hall.connections.erase(mine);
    if (died) hall.log.error("internal error: please report it", {{"what", "a connection ended by an exception"}});
  });
}

// ---- watching -----------------------------------------------------------------------------------------------

void Listener::Running::look_at_all() {
  const SteadyTime now = steady_now();
  Connection* most_stalled = nullptr;
  for (const auto& each : hall.connections) {
    each->look(now);
    if (most_stalled == nullptr || each->stalled(now) > most_stalled->stalled(now)) most_stalled = each.get();
  }
  if (most_stalled != nullptr && hall.turns.waiting() > 0 && most_stalled->stalled(now) >= hall.limits.stall)
    most_stalled->cut(Refusal::slow_reader);
}

Task<void> Listener::Running::watch() {
  std::error_code ignored;
  auto token = asio::redirect_error(asio::use_awaitable, ignored);
  while (!hall.closing || (!hall.connections.empty() && steady_now() < stop_by)) {
    if (hall.connections.empty())
      watch_timer.expires_at(SteadyTime::max());
    else
      watch_timer.expires_after(kLook);
    co_await watch_timer.async_wait(token);
    look_at_all();
  }
  hall.loop.stop();
}

// ---- the thread ---------------------------------------------------------------------------------------------

void Listener::Running::start(Listening sockets) {
  listening = std::move(sockets);
  for (const ListeningSocket& each : listening) {
    names.push_back(each.name());
    asio::co_spawn(hall.loop, accept(each.fd()), asio::detached);
  }
  asio::co_spawn(hall.loop, watch(), asio::detached);
  thread = std::thread([this] { run(); });
}

void Listener::Running::run() {
  while (!hall.loop.stopped()) {
    try {
      hall.loop.run();
    } catch (const std::exception& error) {
      hall.log.error("internal error: please report it", {{"what", error.what()}});
    }
  }
}

void Listener::Running::close_door() {
  hall.closing = true;
  stop_by = steady_now() + kGrace;
  for (asio::posix::stream_descriptor* each : accepting) each->cancel();
  listening.clear();
  for (const auto& each : hall.connections)
    if (each->is_silent()) each->cut();
  watch_timer.cancel();
}

Listener::Running::~Running() {
  asio::post(hall.loop, [this] { close_door(); });
  if (thread.joinable()) thread.join();
  hall.checker.stop();
  hall.checker.join();
  hall.gate->shut();
  hall.connections.clear();
}

std::optional<std::string> trouble_of(const ListenerOptions& options) {
  for (const std::string& address : options.addresses) {
    const auto place = parse_listen_address(address);
    if (const auto* wrong = std::get_if<std::string>(&place)) return "--web.listen-address: " + *wrong;
  }
  Log silent(LogLevel::error, LogFormat::logfmt);
  return WebDoor(options.web_config_file, silent).open();
}

// ---- outside ------------------------------------------------------------------------------------------------

Listener::Listener(std::unique_ptr<Running> running) : running_(std::move(running)) {}
Listener::~Listener() = default;

std::variant<std::unique_ptr<Listener>, std::string> Listener::start(ListenerOptions options, Site site, Log& log) {
  auto sockets = options.systemd_socket ? listen_on_systemd() : listen_on(options.addresses);
  if (auto* why = std::get_if<std::string>(&sockets)) return std::move(*why);
  auto running = std::make_unique<Running>(options.limits, log);
  Hall& hall = running->hall;
  hall.door = std::make_unique<WebDoor>(options.web_config_file, log);
  if (auto trouble = hall.door->open()) return std::move(*trouble);
  auto server = WebServer::start([door = hall.door.get(), answer = std::move(site.answer)](const WebRequest& request) {
    WebReply reply = answer(request);
    dress(reply, door->in_force()->config.headers);
    return reply;
  });
  if (auto* why = std::get_if<std::string>(&server)) return std::move(*why);
  hall.server = std::move(std::get<std::unique_ptr<WebServer>>(server));
  hall.deferred = std::move(site.deferred);
  running->start(std::move(std::get<Listening>(sockets)));
  return std::unique_ptr<Listener>(new Listener(std::move(running)));
}

std::vector<std::string> Listener::addresses() const { return running_->names; }

std::vector<Family> Listener::families() const {
  const WebTally& tally = running_->hall.tally;
  std::vector<Family> out;
  out.emplace_back("mirrorwarden_http_connections");
  out.back().add({}, static_cast<double>(tally.open.load()));
  out.emplace_back("mirrorwarden_http_connections_refused_total");
  for (std::size_t i = 0; i < kRefusals; ++i)
    out.back().add({{"reason", name(static_cast<Refusal>(i))}}, static_cast<double>(tally.refused.at(i).load()));
  out.emplace_back("mirrorwarden_web_config_last_reload_successful");
  const WebDoor& door = *running_->hall.door;
  if (door.has_file()) out.back().add({}, door.is_in_order() ? 1 : 0);
  return out;
}

}  // namespace mw
