// What a scrape costs: a made-up picture of many mirrors, its pages in all four shapes, in this process and over a
// socket from the real web server. One JSON object a line on stdout. Wants the release build:
//
//     build/release/exposition_bench [MIRRORS [ROUNDS]]      10000 mirrors of four checks each, 7 rounds
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <random>
#include <string>

#include "exporter/metrics_page.hpp"
#include "exporter/own_metrics.hpp"
#include "exporter/process_metrics.hpp"
#include "exporter/web/gzip.hpp"
#include "exporter/web/routes.hpp"
#include "exporter/web/server.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

constexpr SysTime kNow{std::chrono::seconds(1'790'000'000)};
constexpr std::size_t kMirrorsOfAPool = 100;
constexpr CheckKind kChecks[] = {CheckKind::dns, CheckKind::tls, CheckKind::http, CheckKind::freshness};

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "exposition_bench: %s\n", why.c_str());
  std::exit(1);
}

// ---- the picture --------------------------------------------------------------------------------------------

/// Values with as many digits as real ones have.
class Dice {
 public:
  Duration up_to(Duration most) { return Duration(random_() % static_cast<std::uint64_t>(most.count())); }
  std::uint64_t count() { return random_() % 100'000; }
  bool one_in(unsigned n) { return random_() % n == 0; }

 private:
  std::mt19937_64 random_{20261128};
};

std::shared_ptr<const Pool> make_pool(std::size_t number, std::size_t mirrors) {
  Pool pool;
  pool.name = "pool-" + std::to_string(number);
  pool.ecosystem = "go";
  pool.checks.assign(std::begin(kChecks), std::end(kChecks));
  for (std::size_t i = 0; i < mirrors; ++i) {
    Mirror mirror;
    mirror.name = "mirror-" + std::to_string(number * kMirrorsOfAPool + i) + ".example.org";
    mirror.url = Url{"https", mirror.name, 443, "/go/"};
    mirror.labels = {{"operator", "example"}, {"network", "AS64500"}};
    mirror.reference = i == 0;
    pool.mirrors.push_back(std::move(mirror));
  }
  return std::make_shared<const Pool>(std::move(pool));
}

Finding make_finding(CheckKind kind, Dice& dice) {
  Finding out;
  out.check = kind;
  out.at = kNow - dice.up_to(30s);
  out.took = dice.up_to(900ms);
  out.timings.dns = dice.up_to(20ms);
  if (kind == CheckKind::dns) return out;
  out.addresses = {{*parse_address("192.0.2.1"), {}, {}}, {*parse_address("2001:db8::1"), {}, {}}};
  out.timings.connect = dice.up_to(90ms);
  out.timings.tls = dice.up_to(200ms);
  if (kind == CheckKind::tls) {
    out.certificate = Certificate{};
    out.certificate->not_before = kNow - 24h * 30;
    out.certificate->not_after = out.certificate->chain_not_after = kNow + 24h * 60;
    return out;
  }
  out.timings.processing = dice.up_to(300ms);
  out.timings.transfer = dice.up_to(100ms);
  out.http = HttpFacts{200, dice.count(), 1, "cdn.example.org"};
  if (kind == CheckKind::freshness) out.version = Version{"v1.2." + std::to_string(dice.count()), {}, kNow - 5h};
  return out;
}

CheckState make_check(CheckKind kind, Dice& dice) {
  CheckState out;
  out.last = out.last_good = make_finding(kind, dice);
  out.runs = dice.count();
  out.failures = out.runs / 100;
  out.traffic.requests = out.runs;
  out.traffic.bytes_received = out.runs * 1234;
  return out;
}

std::shared_ptr<const MirrorView> make_view(const std::shared_ptr<const Pool>& pool, std::size_t index, Dice& dice) {
  MirrorView out;
  out.pool = pool;
  out.mirror = std::shared_ptr<const Mirror>(pool, &pool->mirrors[index]);
  for (const CheckKind kind : kChecks) out.checks[kind] = make_check(kind, dice);
  for (int i = 0; i < 40; ++i) out.runs.push_back({kNow - 10min + i * 15s, kChecks[i % 4], dice.one_in(50), 300ms});
  out.verdict.state = State::fresh;
  out.since = kNow - dice.up_to(24h * 30);
  out.lag.known = true;
  out.lag.upper = Duration::zero();
  return std::make_shared<const MirrorView>(std::move(out));
}

std::shared_ptr<const Published> make_published(std::size_t mirrors) {
  Dice dice;
  auto config = std::make_shared<Config>();
  auto snapshot = std::make_shared<Snapshot>();
  for (std::size_t made = 0; made < mirrors; made += kMirrorsOfAPool) {
    const auto pool = make_pool(config->pools.size(), std::min(kMirrorsOfAPool, mirrors - made));
    config->pools.push_back(pool);
    snapshot->pools.push_back({pool, true, 0});
    for (std::size_t i = 0; i < pool->mirrors.size(); ++i) snapshot->mirrors.push_back(make_view(pool, i, dice));
  }
  auto out = std::make_shared<Published>();
  out->config = std::move(config);
  out->snapshot = std::move(snapshot);
  out->ready = true;
  return out;
}

void count_runs(CountBook& book, const Config& config) {
  Dice dice;
  for (const auto& pool : config.pools)
    for (const Mirror& mirror : pool->mirrors)
      for (const CheckKind kind : pool->checks) book.ended({pool->name, mirror.name}, make_finding(kind, dice));
}

// ---- measuring ----------------------------------------------------------------------------------------------

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// A line of /proc/self/status, in bytes.
double memory(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kilobytes = 0;
    if (word == field + ":" && status >> kilobytes) return kilobytes * 1024;
  }
  die("no " + field + " in /proc/self/status");
}

std::size_t series_of(const std::string& page) {
  std::size_t out = 0;
  for (std::size_t at = 0; at < page.size(); at = page.find('\n', at) + 1) out += page[at] != '#' ? 1 : 0;
  return out;
}

struct Result {
  std::size_t bytes = 0;
  std::vector<double> ms;
};

/// The first round warms up and does not count.
Result measure(int rounds, const std::function<std::size_t()>& scrape) {
  Result out;
  for (int i = 0; i <= rounds; ++i) {
    const double before = cpu_ms();
    out.bytes = scrape();
    if (i > 0) out.ms.push_back(cpu_ms() - before);
  }
  std::ranges::sort(out.ms);
  return out;
}

void print(const std::string& what, std::size_t series, const Result& result) {
  const double median = result.ms[result.ms.size() / 2];
  std::printf(
      "{\"bench\":\"exposition\",\"what\":\"%s\",\"series\":%zu,\"bytes\":%zu,\"cpu_ms\":%.2f,\"cpu_ms_min\":%.2f,"
      "\"cpu_ms_max\":%.2f,\"cpu_ms_per_100k_series\":%.2f,\"rounds\":%zu}\n",
      what.c_str(), series, result.bytes, median, result.ms.front(), result.ms.back(),
      median * 1e5 / static_cast<double>(series), result.ms.size());
  std::fflush(stdout);
}

// ---- a scraper in a process of its own ----------------------------------------------------------------------

/// Bytes of the reply to a GET with these headers; reads until the server closes.
std::size_t fetch(int port, const std::string& headers) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{20, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
  std::size_t size = 0;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
      write(fd, request.data(), request.size()) == static_cast<ssize_t>(request.size())) {
    static char buffer[std::size_t{256} * 1024];
    for (ssize_t n = 1; n > 0; size += n > 0 ? static_cast<std::size_t>(n) : 0) n = read(fd, buffer, sizeof buffer);
  }
  close(fd);
  return size;
}

struct Order {
  int port = 0;
  bool open_metrics = false;
  bool gzip = false;
};

/// Forked before there are any threads; ends with this process.
class Scraper {
 public:
  Scraper() {
    if (pipe2(orders_, O_CLOEXEC) != 0 || pipe2(sizes_, O_CLOEXEC) != 0) die("cannot make a pipe");
    child_ = fork();
    if (child_ < 0) die("cannot fork");
    if (child_ == 0) obey();
    close(orders_[0]);
    close(sizes_[1]);
  }
  ~Scraper() {
    close(orders_[1]);
    waitpid(child_, nullptr, 0);
  }
  Scraper(const Scraper&) = delete;
  Scraper& operator=(const Scraper&) = delete;

  std::size_t scrape(const Order& order) {
    std::size_t size = 0;
    if (write(orders_[1], &order, sizeof order) != sizeof order || read(sizes_[0], &size, sizeof size) != sizeof size)
      die("the scraper is gone");
    return size;
  }

 private:
  [[noreturn]] void obey() {
    close(orders_[1]);
    for (Order order; read(orders_[0], &order, sizeof order) == sizeof order;) {
      const std::size_t size = fetch(
          order.port, std::string(order.open_metrics ? "Accept: application/openmetrics-text;version=1.0.0\r\n" : "") +
                          (order.gzip ? "Accept-Encoding: gzip\r\n" : ""));
      if (write(sizes_[1], &size, sizeof size) != sizeof size) break;
    }
    _exit(0);
  }

  int orders_[2] = {-1, -1};
  int sizes_[2] = {-1, -1};
  pid_t child_ = -1;
};

}  // namespace

int main(int argc, char** argv) {
  const std::size_t mirrors = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 7;
  if (mirrors == 0 || mirrors > 1'000'000 || rounds < 1 || rounds > 1000)
    die("usage: exposition_bench [MIRRORS [ROUNDS]]");
  Scraper scraper;

  const double at_first = memory("VmRSS");
  const auto published = make_published(mirrors);
  const double with_views = memory("VmRSS");
  CountBook book;
  book.configured(*published->config, kNow - 1h);
  count_runs(book, *published->config);
  OwnMetrics own(build_info(), kNow - 1h);
  own.configured(*published->config, kNow - 1h);
  MetricsPages pages(&book);
  const auto page = [&](Format format) {
    auto families = own.collect();
    for (Family& family : process_families()) families.push_back(std::move(family));
    return pages.page({format, {}, kNow}, published.get(), families);
  };

  const std::size_t series[] = {series_of(page(Format::text)), series_of(page(Format::open_metrics))};
  const double at_rest = memory("VmRSS");
  print("text", series[0], measure(rounds, [&] { return page(Format::text).size(); }));
  print("text gzip", series[0], measure(rounds, [&] { return gzip(page(Format::text)).size(); }));
  print("openmetrics", series[1], measure(rounds, [&] { return page(Format::open_metrics).size(); }));
  print("openmetrics gzip", series[1], measure(rounds, [&] { return gzip(page(Format::open_metrics)).size(); }));

  auto started = WebServer::start("127.0.0.1:0", [&](const WebRequest& request) {
    Site site;
    site.published = published;
    site.now = kNow;
    site.pages = &pages;
    site.own_families = [&] { return own.collect(); };
    return answer(request, site);
  });
  if (const auto* wrong = std::get_if<std::string>(&started)) die(*wrong);
  const int port = std::get<0>(started)->port();
  for (const Order order : {Order{port, false, false}, {port, false, true}, {port, true, false}, {port, true, true}})
    print(std::string(order.open_metrics ? "openmetrics" : "text") + (order.gzip ? " gzip" : "") + " over http",
          series[order.open_metrics ? 1 : 0], measure(rounds, [&] { return scraper.scrape(order); }));

  const auto per_series = [&](double bytes) { return bytes / static_cast<double>(series[0]); };
  std::printf(
      "{\"bench\":\"exposition\",\"what\":\"memory\",\"mirrors\":%zu,\"series\":%zu,\"bytes_per_series\":%.1f,"
      "\"of_these_views\":%.1f,\"rss_mb\":%.1f,\"peak_rss_mb\":%.1f}\n",
      mirrors, series[0], per_series(at_rest - at_first), per_series(with_views - at_first), at_rest / 1e6,
      memory("VmHWM") / 1e6);
  return 0;
}
