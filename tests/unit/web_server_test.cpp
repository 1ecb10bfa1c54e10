// The web server behind its listener, over real sockets on loopback, and the routes behind both.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

#include "exporter/web/listener.hpp"
#include "exporter/web/routes.hpp"
#include "tests/support/sample_site.hpp"

using namespace mw;

namespace {

/// One connection to loopback. Reads give up after five seconds.
class Client {
 public:
  explicit Client(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{5, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error("connect");
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends and reads until the server closes.
  std::string ask(const std::string& request) {
    if (send(fd_, request.data(), request.size(), MSG_NOSIGNAL) < 0) return "";
    std::string reply;
    char buffer[4096];
    for (ssize_t n = 1; n > 0 && reply.size() < 1'000'000;) {
      n = recv(fd_, buffer, sizeof buffer, 0);
      if (n > 0) reply.append(buffer, static_cast<std::size_t>(n));
    }
    return reply;
  }

 private:
  int fd_;
};

/// One server for all tests: civetweb takes up to two seconds to stop. Each test puts its own answer behind it.
class Serving {
 public:
  explicit Serving(WebServer::Answer answer) {
    in_force().store(std::make_shared<const WebServer::Answer>(std::move(answer)));
  }
  ~Serving() { in_force().store(nullptr); }
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;

  static int port() {
    static const auto kListener = start();
    return port_of(*kListener);
  }

 private:
  static Shared<WebServer::Answer>& in_force() {
    static Shared<WebServer::Answer> answer;
    return answer;
  }
  static std::unique_ptr<Listener> start() {
    static Log log(LogLevel::error, LogFormat::logfmt);
    ListenerOptions options;
    options.addresses = {"127.0.0.1:0"};
    auto started =
        Listener::start(options, {[](const WebRequest& r) { return (*in_force().load())(r); }, nullptr}, log);
    if (const auto* wrong = std::get_if<std::string>(&started)) throw std::runtime_error(*wrong);
    return std::move(std::get<0>(started));
  }
  static int port_of(const Listener& listener) {
    const std::string address = listener.addresses().at(0);
    return std::stoi(address.substr(address.rfind(':') + 1));
  }
};

std::string ask(const std::string& request) {
  if (send(fd_, request.data(), request.size(), MSG_NOSIGNAL) < 0) return "";
  std::string reply;
  char buffer[4096];
  for (ssize_t n = 1; n > 0 && reply.size() < 1'000'000;) {
    n = recv(fd_, buffer, sizeof buffer, 0);
    if (n > 0) reply.append(buffer, static_cast<std::size_t>(n));
  }
  return reply;
}

private:
int fd_;
};

/// One server for all tests: civetweb takes up to two seconds to stop. Each test puts its own answer behind it.
class Served {
 public:
  explicit Served(WebServer::Answer answer) {
    in_force().store(std::make_shared<const WebServer::Answer>(std::move(answer)));
  }
  ~Served() { in_force().store(nullptr); }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  static int port() {
    static const auto kListener = start();
    return port_of(*kListener);
  }

 private:
  static Shared<WebServer::Answer>& in_force() {
    static Shared<WebServer::Answer> answer;
    return answer;
  }
  static std::unique_ptr<WebServer> start() {
    auto started = WebServer::start("127.0.0.1:0", [](const WebRequest& r) { return (*in_force().load())(r); });
    if (const auto* wrong = std::get_if<std::string>(&started)) throw std::runtime_error(*wrong);
    return std::move(std::get<0>(started));
  }
};

std::string ask(const std::string& request) { return Client(Serving::port()).ask(request); }

std::string request(const std::string& method, const std::string& target, const std::string& headers = "") {
  return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n";
}

int status_of(const std::string& reply) {
  return reply.starts_with("HTTP/1.1 ") && reply.size() > 12 ? std::stoi(reply.substr(9, 3)) : 0;
}

std::string body_of(const std::string& reply) {
  const auto end = reply.find("\r\n\r\n");
  return end == std::string::npos ? "" : reply.substr(end + 4);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string start_error(const std::string& address) {
  Log log(LogLevel::error, LogFormat::logfmt);
  ListenerOptions options;
  options.addresses = {address};
  auto started = Listener::start(options, {[](const WebRequest&) { return plain(200, "x"); }, nullptr}, log);
  return started.index() == 1 ? std::get<1>(started) : "";
}

Site sample_site() {
  Site site;
  site.published = std::make_shared<const Published>(sample_published());
  site.now = kSampleNow;
  site.build = {"0.0.0", "abc", "gcc"};
  return site;
}

WebReply get(const Site& site, const std::string& path, const std::string& method = "GET") {
  WebRequest request;
  request.method = method;
  request.path = path;
  return answer(request, site);
}

}  // namespace

TEST_CASE("a bad or a taken address is an error that names it") {
  CHECK(has(start_error("nonsense"), "nonsense"));
  const Serving served([](const WebRequest&) { return plain(200, "x"); });
  const std::string taken = "127.0.0.1:" + std::to_string(Serving::port());
  const std::string error = start_error(taken);
  CHECK(has(error, taken));
  CHECK(has(error, "in use"));
}

TEST_CASE("GET and HEAD over a socket") {
  const Serving served([](const WebRequest& r) { return plain(200, r.method + " " + r.path + "?" + r.query); });
  CHECK(Serving::port() > 0);
  const std::string got = ask(request("GET", "/some/%41?x=1"));
  CHECK(status_of(got) == 200);
  CHECK(body_of(got) == "GET /some/%41?x=1\n");
  for (const char* header : {"X-Content-Type-Options: nosniff", "X-Frame-Options: DENY", "Cache-Control: no-store",
                             "Connection: close", "Content-Length: 18"})
    CHECK(has(got, header));
  const std::string head = ask(request("HEAD", "/some/%41?x=1"));
  CHECK(status_of(head) == 200);
  CHECK(has(head, "Content-Length: 19"));
  CHECK(body_of(head).empty());
}

TEST_CASE("a body comes with its request, whole and of at most 64 KiB") {
  std::string body;
  const Serving served([&](const WebRequest& request) { return body = request.body, plain(200, "x"); });
  const auto send = [&](const std::string& length, const std::string& content) {
    return status_of(ask(request("POST", "/", "Content-Length: " + length + "\r\n") + content));
  };
  CHECK(send("3", "a=b") == 200);
  CHECK(body == "a=b");
  CHECK(send("0", "") == 200);
  CHECK(body.empty());
  const std::string largest(kLargestBody, 'x');
  CHECK(send(std::to_string(kLargestBody), largest) == 200);
  CHECK(body == largest);
  body.clear();
  CHECK(send(std::to_string(kLargestBody + 1), largest) == 413);
  CHECK(send("-1", "") >= 400);
  CHECK(body.empty());
}

TEST_CASE("what is not a plain request is refused before anybody is asked") {
  std::atomic<int> asked = 0;
  const Serving served([&](const WebRequest&) { return ++asked, plain(200, "x"); });
  const auto status = [&](const std::string& raw) { return status_of(ask(raw)); };
  for (const char* method : {"PUT", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "CONNECT"}) {
    INFO(method);
    const int code = status(request(method, "/"));
    CHECK((code == 405 || code == 400 || code == 501));
  }
  CHECK(status(request("BREW", "/")) >= 400);
  for (const char* target : {"/%00", "/a%0d%0aSet-Cookie:x", "/?q=%0A", "/?q=%00", "/\x01", "/\xff"}) {
    INFO(target);
    CHECK(status(request("GET", target)) == 400);
  }
  for (const char* elsewhere : {"*", "http://example.org/"}) CHECK(status(request("GET", elsewhere)) == 400);
  CHECK(status(request("POST", "/", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n") == 400);
  const std::string both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
  CHECK(status(request("POST", "/", both) + "0\r\n\r\n") == 400);
  CHECK(status("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(asked == 0);
  CHECK(status("GET / HTTP/1.0\r\n\r\n") == 200);
}

TEST_CASE("a request head that is too large, or no request at all, ends without an echo") {
  const Serving served([](const WebRequest&) { return plain(200, "x"); });
  const std::string large = ask(request("GET", "/", "X-Large: " + std::string(20'000, 'z') + "\r\n"));
  CHECK((large.empty() || status_of(large) >= 400));
  CHECK_FALSE(has(large, "zzz"));
  const std::string long_uri = ask(request("GET", "/" + std::string(20'000, 'z')));
  CHECK((long_uri.empty() || status_of(long_uri) >= 400));
  for (const std::string& raw :
       {std::string("GET /evil HTTP/evil\r\n\r\n"), std::string("evil\r\n\r\n"),
        std::string("GET /evil\0evil HTTP/1.1\r\nHost: x\r\n\r\n", 37),
        std::string("PRI * HTTP/2.0\r\n\r\nSM evil\r\n\r\n"), std::string("\x16\x03\x01\x02\x00evil")}) {
    const std::string reply = ask(raw);
    INFO(reply);
    CHECK((reply.empty() || status_of(reply) >= 400));
    CHECK_FALSE(has(reply, "evil"));
  }
}

TEST_CASE("an exception behind the server is a 500, and the server goes on") {
  const Serving served([](const WebRequest& r) -> WebReply {
    if (r.path == "/throw") throw std::runtime_error("secret");
    return plain(200, "fine");
  });
  const std::string broken = ask(request("GET", "/throw"));
  CHECK(status_of(broken) == 500);
  CHECK_FALSE(has(broken, "secret"));
  CHECK(status_of(ask(request("GET", "/"))) == 200);
}

TEST_CASE("a large page arrives whole") {
  const std::string page(3'00'000, 'm');
  const Serving served([&](const WebRequest&) { return plain(200, page); });
  CHECK(body_of(ask(request("GET", "/"))) == page + "\n");
}

TEST_CASE("a reload over a socket, body and all") {
  std::atomic<int> reloads = 0;
  const Serving served([&](const WebRequest& r) {
    Site site;
    site.reload = [&]() -> std::optional<std::string> { return ++reloads, std::nullopt; };
    return answer(r, site);
  });
  CHECK(status_of(ask(request("POST", "/-/reload"))) == 200);
  CHECK(status_of(ask(request("POST", "/-/reload", "Content-Length: 3\r\n") + "a=b")) == 200);
  CHECK(status_of(ask(request("POST", "/-/reload", "Origin: https://evil.example.org\r\n"))) == 403);
  CHECK(status_of(ask(request("POST", "/-/reload", "Sec-Fetch-Site: cross-site\r\n"))) == 403);
  CHECK(status_of(ask(request("GET", "/-/reload"))) == 405);
  CHECK(reloads == 2);
}

TEST_CASE("routes") {
  const Site site = sample_site();
  CHECK(get(site, "/").content_type == "text/html; charset=utf-8");
  CHECK(get(site, "/metrics").content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(has(get(site, "/metrics").body, "mirror_verdict{"));
  CHECK(has(get(site, "/style.css").body, "prefers-color-scheme"));
  CHECK(get(site, "/-/healthy").status == 200);
  CHECK(get(site, "/-/ready").status == 200);
  CHECK(get(site, "/config").status == 200);
  for (const char* path : {"/nope", "/metrics/", "//", "/index.html", "/style.css/..", ""})
    CHECK(get(site, path).status == 404);
  for (const char* path : {"/", "/metrics", "/-/healthy", "/config"}) CHECK(get(site, path, "POST").status == 405);
}

TEST_CASE("metrics come as they are asked for") {
  const Site site = sample_site();
  WebRequest request;
  request.method = "GET";
  request.path = "/metrics";
  const WebReply text = answer(request, site);
  CHECK(text.headers == std::vector<std::pair<std::string, std::string>>{{"Vary", "Accept, Accept-Encoding"}});
  request.accept = "application/openmetrics-text;version=1.0.0";
  const WebReply open_metrics = answer(request, site);
  CHECK(open_metrics.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK(open_metrics.body.ends_with("# EOF\n"));
  request.accept_encoding = "gzip";
  const WebReply small = answer(request, site);
  CHECK(small.headers.back() == std::pair<std::string, std::string>("Content-Encoding", "gzip"));
  CHECK(small.body.starts_with("\x1f\x8b"));
  CHECK(small.body.size() < open_metrics.body.size());
  request = WebRequest{};
  request.method = "GET";
  request.path = "/metrics";
  request.query = "pool=go&mirror=goproxy-io&mirror=goproxy%2Dcn&pool=";
  const std::string some = answer(request, site).body;
  CHECK(has(some, "mirror=\"goproxy-io\""));
  CHECK(has(some, "mirror=\"goproxy-cn\""));
  CHECK_FALSE(has(some, "ftp.debian.org"));
}

TEST_CASE("scrapes at the same time, while the picture changes, each get a whole page") {
  MetricsPages pages;
  Site site = sample_site();
  site.pages = &pages;
  Published other = sample_published();
  Snapshot fewer = *other.snapshot;
  fewer.mirrors.resize(3);
  other.snapshot = std::make_shared<const Snapshot>(std::move(fewer));
  Site changed = site;
  changed.published = std::make_shared<const Published>(std::move(other));
  const std::string wanted[] = {get(site, "/metrics").body, get(changed, "/metrics").body};
  std::atomic<int> wrong = 0;
  std::vector<std::thread> scrapers;
  for (int i = 0; i < 4; ++i)
    scrapers.emplace_back([&, i] {
      for (int round = 0; round < 50; ++round) {
        const int which = (round + i) % 2;
        if (get(which == 0 ? site : changed, "/metrics").body != wanted[which]) ++wrong;
      }
    });
  for (std::thread& each : scrapers) each.join();
  CHECK(wrong == 0);
}

TEST_CASE("the telemetry path is configurable") {
  Site site = sample_site();
  site.metrics_path = "/probe/me";
  CHECK(get(site, "/probe/me").status == 200);
  CHECK(get(site, "/metrics").status == 404);
  CHECK(has(get(site, "/").body, "href=\"probe/me\""));
}

TEST_CASE("before anything is known") {
  const Site site;
  CHECK(get(site, "/").status == 200);
  CHECK(get(site, "/metrics").status == 200);
  CHECK(get(site, "/-/healthy").status == 200);
  CHECK(get(site, "/-/ready").status == 503);
  CHECK(get(site, "/config").status == 503);
  CHECK(get(site, "/-/reload", "POST").status == 500);
}

TEST_CASE("a reload that fails says why") {
  Site site;
  site.reload = [] { return std::optional<std::string>("mirrorwarden.toml:3:1: pool[0].name: missing"); };
  const WebReply reply = get(site, "/-/reload", "POST");
  CHECK(reply.status == 500);
  CHECK(has(reply.body, "mirrorwarden.toml:3:1"));
}

TEST_CASE("the page forbids everything but its own style") {
  const WebReply reply = get(sample_site(), "/");
  REQUIRE(!reply.headers.empty());
  CHECK(reply.headers[0].first == "Content-Security-Policy");
  CHECK(reply.headers[0].second.starts_with("default-src 'none'; style-src 'self'"));
  CHECK(has(reply.body, "lang=\"en\""));
  for (const char* forbidden : {"<script", "style=", "onerror=\"", "http://", "src="}) {
    INFO(forbidden);
    const bool is_escaped_text = std::string(forbidden) == "src=";  // the sample's hostile detail, as text
    CHECK((is_escaped_text || !has(reply.body, forbidden)));
  }
}

namespace {

/// A site whose agent takes orders from who knows the token, and what it was told.
struct Ordered {
  Site site = sample_site();
  std::vector<std::string> orders;

  Ordered() {
    auto published = sample_published();
    auto config = published.config ? *published.config : Config();
    config.agent.api_token = Secret("open sesame");
    published.config = std::make_shared<const Config>(std::move(config));
    site.published = std::make_shared<const Published>(std::move(published));
    site.orders.lay = [this](const Silence& wanted) -> std::variant<std::string, NotLaid> {
      orders.push_back("lay " + to_string(wanted.matchers.at(0)));
      return "id1";
    };
    site.orders.lift = [this](const std::string& id) {
      orders.push_back("lift " + id);
      return std::optional(id == "id1");
    };
    site.orders.acknowledge = [this](const AcknowledgeOrder& order) {
      orders.push_back("acknowledge for " + order.by.by);
      return std::optional<std::size_t>(2);
    };
  }
  WebReply ask(const std::string& method, const std::string& path, const std::string& token, const std::string& body) {
    WebRequest request;
    request.method = method;
    request.path = path;
    request.authorization = Secret(token);
    request.body = body;
    return answer(request, site);
  }
};

constexpr const char* kSilence =
    R"({"matchers":[{"name":"mirror","value":"a"}],"duration":"2h","createdBy":"ann","comment":"why"})";

}  // namespace

TEST_CASE("orders are for who knows the token") {
  Ordered ordered;
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer open", "Bearer open sesam", "Bearer open sesame2",
                            "Basic open sesame", "open sesame"}) {
    INFO(wrong);
    CHECK(ordered.ask("POST", "/api/v1/silences", wrong, kSilence).status == 401);
    CHECK(ordered.ask("DELETE", "/api/v1/silence/id1", wrong, "").status == 401);
    CHECK(ordered.ask("POST", "/api/v1/alerts/acknowledge", wrong, kSilence).status == 401);
  }
  CHECK(ordered.orders.empty());
  const WebReply laid = ordered.ask("POST", "/api/v1/silences", "Bearer open sesame", kSilence);
  CHECK(laid.body == "{\"silenceID\":\"id1\"}\n");
  CHECK(ordered.ask("DELETE", "/api/v1/silence/id1", "Bearer open sesame", "").status == 200);
  CHECK(ordered.ask("DELETE", "/api/v1/silence/id2", "Bearer open sesame", "").status == 404);
  CHECK(ordered.ask("POST", "/api/v1/alerts/acknowledge", "Bearer open sesame", kSilence).body ==
        "{\"acknowledged\":2}\n");
  CHECK(ordered.orders == std::vector<std::string>{"lay mirror=\"a\"", "lift id1", "lift id2", "acknowledge for ann"});
}

TEST_CASE("without a token in the configuration nobody may order") {
  const Site site = sample_site();
  CHECK(get(site, "/api/v1/silences", "POST").status == 403);
  CHECK(get(site, "/api/v1/silence/id1", "DELETE").status == 403);
  CHECK(get(site, "/api/v1/silence/id1").status == 405);
  CHECK(get(site, "/api/v1/silences").body == "[]\n");
  CHECK(has(get(site, "/api/v1/alerts").body, "\"alerts\": ["));
}

TEST_CASE("a bad order is refused in words") {
  Ordered ordered;
  CHECK(has(ordered.ask("POST", "/api/v1/silences", "Bearer open sesame", "{}").body,
            "\"message\": \"matchers is no list of matchers\""));
  CHECK(ordered.ask("POST", "/api/v1/silences", "Bearer open sesame", "{}").status == 400);
  ordered.site.orders.lay = [](const Silence&) {
    return std::variant<std::string, NotLaid>(NotLaid{"is one too many"});
  };
  CHECK(ordered.ask("POST", "/api/v1/silences", "Bearer open sesame", kSilence).status == 409);
}

TEST_CASE("what no receiver would take is shown where people look") {
  auto published = sample_published();
  ReceiverView view;
  view.name = "oncall";
  view.tally = {3, 1, 1, 0};
  view.under_way = 1;
  view.dead = {{"id7", kSampleNow, "status 400", "debian/tuna is <down>"}};
  published.receivers = {view};
  Site site = sample_site();
  site.published = std::make_shared<const Published>(std::move(published));
  const std::string json = get(site, "/api/v1/receivers").body;
  CHECK(has(json, "\"dead_letter\": 1"));
  CHECK(has(json, "\"message\": \"id7\""));
  CHECK(has(json, "\"error\": \"status 400\""));
  CHECK(has(get(site, "/").body, "debian/tuna is &lt;down&gt;"));
  CHECK(has(get(site, "/metrics").body,
            "mirrorwarden_messages_settled_total{receiver=\"oncall\",outcome=\"dead_letter\"} 1"));
}

TEST_CASE("the runbooks are part of the program") {
  const Site site = sample_site();
  CHECK(has(get(site, "/runbooks/MirrorDown").body, "**Mitigation.**"));
  for (const char* path : {"/runbooks/", "/runbooks/NoSuchRule", "/runbooks/../MirrorDown2"})
    CHECK(get(site, path).status == 404);
}
