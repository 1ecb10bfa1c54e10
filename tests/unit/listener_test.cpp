// The listener over real sockets: v4, v6, unix, kept connections, deferred answers, caps, and who is cut when.
#include "exporter/web/listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <thread>

#include "exporter/web/reply_text.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

std::uint16_t port_in(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

/// One connection to a listener's address. Reads give up after ten seconds.
class Caller {
 public:
  explicit Caller(const std::string& address, const char* from = nullptr, int receive_buffer = 0) {
    sockaddr_storage to{};
    const socklen_t length = name_of(address, to);
    fd_ = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    if (from != nullptr) bind_to(from);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&to), length) != 0) throw std::runtime_error("connect");
  }
  ~Caller() { close(fd_); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  void say(const std::string& bytes) const { send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  /// One reply with its body; what came if the connection ends before.
  std::string hear() {
    while (true) {
      const auto frame = frame_of(read_);
      if (frame && read_.size() >= frame->head + frame->body) {
        std::string reply = read_.substr(0, frame->head + frame->body);
        read_.erase(0, reply.size());
        return reply;
      }
      if (!hear_some()) return std::exchange(read_, {});
    }
  }
  std::string ask(const std::string& path, const std::string& headers = "") {
    say("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
    return hear();
  }
  /// Whether the other side closes, within the patience.
  bool is_closed() {
    while (hear_some()) continue;
    return ended_;
  }

 private:
  static socklen_t name_of(const std::string& address, sockaddr_storage& to) {
    if (address.starts_with("unix:")) {
      auto& at = reinterpret_cast<sockaddr_un&>(to);
      at.sun_family = AF_UNIX;
      std::strcpy(at.sun_path, address.c_str() + 5);
      return sizeof at;
    }
    if (address.starts_with('[')) {
      auto& at = reinterpret_cast<sockaddr_in6&>(to);
      at.sin6_family = AF_INET6;
      at.sin6_addr = in6addr_loopback;
      at.sin6_port = htons(port_in(address));
      return sizeof at;
    }
    auto& at = reinterpret_cast<sockaddr_in&>(to);
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port_in(address));
    return sizeof at;
  }
  void bind_to(const char* from) const {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    inet_pton(AF_INET, from, &at.sin_addr);
    bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at);
  }
  bool hear_some() {
    char buffer[4096];
    const ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
    ended_ = n == 0 || (n < 0 && errno == ECONNRESET);
    if (n > 0) read_.append(buffer, static_cast<std::size_t>(n));
    return n > 0;
  }

  int fd_;
  std::string read_;
  bool ended_ = false;
};

struct Running {
  Log log{LogLevel::error, LogFormat::logfmt};
  std::unique_ptr<Listener> listener;

  explicit Running(Listener::Site site, WebLimits limits = {}, std::vector<std::string> addresses = {"127.0.0.1:0"}) {
    ListenerOptions options;
    options.addresses = std::move(addresses);
    options.limits = limits;
    auto started = Listener::start(options, std::move(site), log);
    if (const auto* why = std::get_if<std::string>(&started)) throw std::runtime_error(*why);
    listener = std::move(std::get<0>(started));
  }
  std::string address(std::size_t i = 0) const { return listener->addresses().at(i); }
  double refused(const std::string& reason) const {
    for (const Family& family : listener->families())
      for (const Sample& sample : family.samples)
        if (sample.labels == Labels{{"reason", reason}}) return sample.value;
    return -1;
  }
};

Listener::Site echo() {
  return {[](const WebRequest& request) { return plain(200, request.method + " " + request.path); }, nullptr};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(10ms);
  return condition();
}

}  // namespace

TEST_CASE("v4, v6 and a unix socket at once") {
  const auto path = std::filesystem::temp_directory_path() / ("mw-listener-" + std::to_string(getpid()));
  {
    const Running running(echo(), {}, {"127.0.0.1:0", "[::1]:0", "unix:" + path.string()});
    for (std::size_t i = 0; i < 3; ++i) {
      INFO(running.address(i));
      Caller caller(running.address(i));
      CHECK(caller.ask("/hello").ends_with("\r\n\r\nGET /hello\n"));
    }
    CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::others_all) ==
          std::filesystem::perms::none);
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("all addresses are v4 and v6") {
  const Running running(echo(), {}, {":0"});
  const std::string port = std::to_string(port_in(running.address()));
  CHECK(running.address() == ":" + port);
  CHECK(has(Caller("127.0.0.1:" + port).ask("/"), "GET /"));
  CHECK(has(Caller("[::1]:" + port).ask("/"), "GET /"));
}

TEST_CASE("a unix socket that a killed process left behind is taken over, one in use is not") {
  const std::string address =
      "unix:" + (std::filesystem::temp_directory_path() / ("mw-left-" + std::to_string(getpid()))).string();
  const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strcpy(name.sun_path, address.c_str() + 5);
  REQUIRE(bind(dead, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
  close(dead);
  const Running running(echo(), {}, {address});
  CHECK(has(Caller(address).ask("/"), "GET /"));
  CHECK_THROWS_WITH(Running(echo(), {}, {address}),
                    Catch::Contains("cannot listen on " + address) && Catch::Contains("in use"));
  CHECK(has(Caller(address).ask("/"), "GET /"));
}

TEST_CASE("a connection is kept while the client wants it, and requests may be sent ahead") {
  const Running running(echo());
  Caller caller(running.address());
  for (const char* path : {"/1", "/2", "/3"}) {
    const std::string reply = caller.ask(path);
    CHECK(has(reply, "\r\nConnection: keep-alive\r\n"));
    CHECK(reply.ends_with(std::string("GET ") + path + "\n"));
  }
  caller.say(
      "GET /4 HTTP/1.1\r\nHost: x\r\n\r\nPOST /5 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nabGET /6 "
      "HTTP/1.0\r\n\r\n");
  CHECK(has(caller.hear(), "GET /4"));
  CHECK(has(caller.hear(), "POST /5"));
  const std::string last = caller.hear();
  CHECK(has(last, "GET /6"));
  CHECK(has(last, "\r\nConnection: close\r\n"));
  CHECK(caller.is_closed());
}

TEST_CASE("a kept connection that says nothing more is closed") {
  WebLimits limits;
  limits.idle = 300ms;
  const Running running(echo(), limits);
  Caller caller(running.address());
  CHECK(has(caller.ask("/"), "keep-alive"));
  CHECK(caller.is_closed());
  CHECK(running.refused("slow_request") == 0);
}

TEST_CASE("nobody but the listener is answered by the web server") {
  std::atomic<int> asked = 0;
  auto started = WebServer::start([&](const WebRequest&) { return ++asked, plain(200, "x"); });
  const auto& server = std::get<0>(started);
  const std::string address = "127.0.0.1:" + std::to_string(server->port());
  CHECK(has(Caller(address).ask("/"), "HTTP/1.1 403 "));
  CHECK(has(Caller(address).ask("/", "X-Mirrorwarden-Secret: " + std::string(64, '0') + "\r\n"), "HTTP/1.1 403 "));
  CHECK(asked == 0);
  WebRequest request;
  request.method = "GET";
  request.path = "/";
  Caller caller(address);
  caller.say(server->head_of(request, false));
  CHECK(has(caller.hear(), "HTTP/1.1 200 "));
  CHECK(asked == 1);
}

TEST_CASE("a deferred answer comes when it comes, from whatever thread, and holds up nobody") {
  std::mutex mutex;
  std::vector<std::pair<std::string, std::function<void(WebReply)>>> waiting;
  Listener::Site site = echo();
  site.deferred = [&](const WebRequest& request, const std::function<void(WebReply)>& done) {
    if (request.path != "/probe") return false;
    const std::lock_guard lock(mutex);
    return waiting.emplace_back(request.query, done), true;
  };
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return waiting.size();
  };
  const Running running(std::move(site));
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 40; ++i) {  // more than the web server has threads
    callers.push_back(std::make_unique<Caller>(running.address()));
    callers.back()->say("GET /probe?" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  REQUIRE(eventually([&] { return count() == 40; }));
  CHECK(has(Caller(running.address()).ask("/other"), "GET /other"));
  callers[7].reset();  // gone before its answer
  std::thread elsewhere([&] {
    for (auto& [query, done] : waiting) done(plain(200, "answer " + query + std::string(50'000, '.')));
  });
  elsewhere.join();
  for (std::size_t i = 0; i < callers.size(); ++i) {
    if (!callers[i]) continue;
    const std::string reply = callers[i]->hear();
    CHECK(has(reply, "keep-alive"));
    CHECK(has(reply, "\r\n\r\nanswer " + std::to_string(i) + "."));
  }
  waiting.clear();
  CHECK(has(callers[0]->ask("/again"), "GET /again"));
}

TEST_CASE("a deferred answer that comes after the listener is gone is for nobody") {
  std::function<void(WebReply)> late;
  std::atomic<bool> asked = false;
  Listener::Site site = echo();
  site.deferred = [&](const WebRequest&, std::function<void(WebReply)> done) {
    return late = std::move(done), asked = true;
  };
  {
    const Running running(std::move(site));
    const Caller caller(running.address());
    caller.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(eventually([&] { return asked.load(); }));
  }
  late(plain(200, "too late"));
}

TEST_CASE("the silent and the slow are told, or cut, in time") {
  WebLimits limits;
  limits.head = 300ms;
  limits.body = 300ms;
  const Running running(echo(), limits);
  Caller silent(running.address());
  CHECK(silent.is_closed());
  Caller head(running.address());
  head.say("GET / HTTP/1.1\r\nHo");
  CHECK(has(head.hear(), "HTTP/1.1 408 "));
  Caller body(running.address());
  body.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123");
  CHECK(has(body.hear(), "HTTP/1.1 408 "));
  CHECK(running.refused("slow_request") == 3);
}

TEST_CASE("a client that asks before it sends a body is told to go on") {
  const Running running(echo());
  Caller caller(running.address());
  caller.say("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n");
  std::this_thread::sleep_for(100ms);
  caller.say("ab");
  const std::string reply = caller.hear();
  CHECK(reply.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

TEST_CASE("a slow reader of a large page is cut, and its place is somebody else's at once") {
  WebLimits limits;
  limits.answers = 2;
  limits.reply = 2s;
  const std::string page(8'000'000, 'm');
  const Running running({[&](const WebRequest& r) { return plain(200, r.path == "/large" ? page : "small"); }, nullptr},
                        limits);
  std::vector<std::unique_ptr<Caller>> slow;
  for (int i = 0; i < 4; ++i) {
    slow.push_back(std::make_unique<Caller>(running.address(), "127.0.0.2", 4096));
    slow.back()->say("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  std::this_thread::sleep_for(200ms);
  const auto before = std::chrono::steady_clock::now();
  CHECK(has(Caller(running.address()).ask("/small"), "small"));
  CHECK(std::chrono::steady_clock::now() - before < 3s);
  CHECK(running.refused("slow_reader") >= 1);
  REQUIRE(eventually([&] { return running.refused("slow_reader") == 4; }));
  for (const auto& each : slow) CHECK(each->hear().size() < page.size());
  const std::string whole = Caller(running.address()).ask("/large");
  CHECK(whole.size() > page.size());
  CHECK(whole.ends_with("mmm\n"));
}

TEST_CASE("caps: whoever is silent makes room, and the rest is told to come again") {
  WebLimits limits;
  limits.connections = 8;
  limits.connections_of_one = 4;
  limits.head = 20s;
  std::mutex mutex;
  std::vector<std::function<void(WebReply)>> waiting;
  Listener::Site site = echo();
  site.deferred = [&](const WebRequest& request, const std::function<void(WebReply)>& done) {
    const std::lock_guard lock(mutex);
    if (request.path == "/wait") waiting.push_back(done);
    return request.path == "/wait";
  };
  const Running running(std::move(site), limits);
  std::vector<std::unique_ptr<Caller>> callers;
  const auto call = [&](const char* from, bool waits) {
    callers.push_back(std::make_unique<Caller>(running.address(), from));
    if (waits) callers.back()->say("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  };
  for (int i = 0; i < 4; ++i) call("127.0.0.2", false);
  call("127.0.0.2", true);  // the oldest silent one of that address goes
  REQUIRE(eventually([&] { return running.refused("evicted") == 1; }));
  CHECK(callers[0]->is_closed());
  for (int i = 0; i < 3; ++i) call("127.0.0.2", true);
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return waiting.size();
  };
  REQUIRE(eventually([&] { return count() == 4; }));
  CHECK(running.refused("evicted") == 4);
  call("127.0.0.2", false);
  const std::string told = callers.back()->hear();
  CHECK(has(told, "HTTP/1.1 503 "));
  CHECK(has(told, "\r\nRetry-After: 1\r\n"));
  CHECK(running.refused("too_many_of_one") == 1);
  for (int i = 0; i < 4; ++i) call("127.0.0.3", true);
  REQUIRE(eventually([&] { return count() == 8; }));
  CHECK(has(Caller(running.address()).hear(), "HTTP/1.1 503 "));
  CHECK(running.refused("too_many") == 1);
  for (const auto& done : waiting) done(plain(200, "at last"));
  CHECK(has(callers[4]->hear(), "at last"));
  CHECK(eventually([&] { return has(Caller(running.address()).ask("/"), "GET /"); }));
}

TEST_CASE("more requests than may wait are told to come again") {
  WebLimits limits;
  limits.answers = 1;
  limits.waiting = 2;
  std::atomic<bool> held = true;
  std::atomic<int> asked = 0;
  const Running running({[&](const WebRequest&) {
                           ++asked;
                           while (held) std::this_thread::sleep_for(1ms);
                           return plain(200, "x");
                         },
                         nullptr},
                        limits);
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 4; ++i) {
    callers.push_back(std::make_unique<Caller>(running.address()));
    callers.back()->say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    if (i == 0) REQUIRE(eventually([&] { return asked == 1; }));
    if (i < 3) std::this_thread::sleep_for(50ms);
  }
  CHECK(has(callers[3]->hear(), "HTTP/1.1 503 "));
  CHECK(running.refused("busy") == 1);
  CHECK(asked == 1);
  held = false;
  for (int i = 0; i < 3; ++i) CHECK(has(callers.at(static_cast<std::size_t>(i))->hear(), "HTTP/1.1 200 "));
}
