// The picture, pool by pool.
#include "tests/support/sample_site.hpp"

#include <algorithm>

namespace mw {

namespace {

using namespace std::chrono_literals;

Mirror mirror(const std::string& name, const std::string& host, bool reference = false) {
  Mirror out;
  out.name = name;
  out.url = Url{"https", host, 443, "/"};
  out.reference = reference;
  return out;
}

std::shared_ptr<const Pool> go_pool() {
  Pool pool;
  pool.name = "go";
  pool.ecosystem = "go";
  pool.mirrors = {mirror("proxy.golang.org", "proxy.golang.org", true), mirror("goproxy-cn", "goproxy.cn"),
                  mirror("阿里云", "mirrors.aliyun.com"), mirror("goproxy-io", "goproxy.io")};
  pool.mirrors[1].labels = {{"operator", "七牛云"}, {"pool", "clash"}, {"not a name", "x"}, {"__reserved", "x"}};
  pool.checks.assign(std::begin(kCheckKinds), std::end(kCheckKinds));
  return std::make_shared<const Pool>(std::move(pool));
}

std::shared_ptr<const Pool> debian_pool() {
  Pool pool;
  pool.name = "debian";
  pool.ecosystem = "apt";
  pool.mirrors = {mirror("ftp.debian.org", "ftp.debian.org", true), mirror("清华", "mirrors.tuna.tsinghua.edu.cn"),
                  mirror("<script>alert(1)</script>\n\"}\xff\\", "evil.example.org"), mirror("new", "new.example.org")};
  pool.checks = {CheckKind::dns, CheckKind::http, CheckKind::freshness, CheckKind::integrity};
  return std::make_shared<const Pool>(std::move(pool));
}

MirrorView view(const std::shared_ptr<const Pool>& pool, std::size_t index) {
  MirrorView out;
  out.pool = pool;
  out.mirror = std::shared_ptr<const Mirror>(pool, &pool->mirrors[index]);
  return out;
}

Finding finding(CheckKind check, Duration age) {
  Finding out;
  out.check = check;
  out.at = kSampleNow - age;
  out.took = 42ms;
  out.traffic.bytes_received = 1000;
  return out;
}

CheckState good(Finding last) {
  CheckState out;
  out.runs = 120;
  out.failures = 2;
  out.traffic.bytes_received = 120 * last.traffic.bytes_received;
  out.last = std::make_shared<const Finding>(std::move(last));
  out.last_good = out.last;
  return out;
}

CheckState failed(Finding last, Failure failure, std::optional<Finding> before) {
  CheckState out;
  out.runs = 120;
  out.failures = 30;
  if (before) out.last_good = std::make_shared<const Finding>(std::move(*before));
  last.failure = failure;
  out.settled = std::move(failure);
  out.last = std::make_shared<const Finding>(std::move(last));
  return out;
}

AddressLook look(const std::string& address, std::optional<Failure> failure = {}) {
  return {*parse_address(address), std::move(failure), {}};
}

Certificate certificate(Duration left) {
  Certificate out;
  out.not_before = kSampleNow - 24h * 60;
  out.not_after = kSampleNow + left;
  out.chain_not_after = kSampleNow + std::min<Duration>(left, 24h * 400);
  return out;
}

Finding http_finding(Duration age) {
  Finding out = finding(CheckKind::http, age);
  out.timings = {3ms, 11ms, 24ms, 35ms, 1500us};
  out.http = HttpFacts{200, 48213, 1, "cdn.example.org"};
  out.addresses = {look("192.0.2.1"), look("2001:db8::1")};
  return out;
}

Finding freshness_finding(Duration age, const std::string& id) {
  Finding out = finding(CheckKind::freshness, age);
  out.version = Version{id, 7, kSampleNow - 5h};
  out.valid_until = kSampleNow + 24h * 6;
  return out;
}

void healthy_checks(MirrorView& out) {
  Finding dns = finding(CheckKind::dns, 4s);
  dns.addresses = {look("192.0.2.1"), look("192.0.2.2"), look("2001:db8::1")};
  out.checks[CheckKind::dns] = good(dns);
  out.checks[CheckKind::http] = good(http_finding(3s));
  out.checks[CheckKind::freshness] = good(freshness_finding(9s, "v1.2.3"));
  out.checks[CheckKind::integrity] = good(finding(CheckKind::integrity, 14min));
}

MirrorView fresh(const std::shared_ptr<const Pool>& pool, std::size_t index) {
  MirrorView out = view(pool, index);
  healthy_checks(out);
  if (std::ranges::count(pool->checks, CheckKind::tls) > 0) {
    Finding tls = finding(CheckKind::tls, 5s);
    tls.certificate = certificate(24h * 61);
    tls.addresses = {look("192.0.2.1"), look("2001:db8::1")};
    out.checks[CheckKind::tls] = good(tls);
  }
  out.verdict = {State::fresh, {}};
  out.since = kSampleNow - 24h * 9 - 4h;
  out.lag.known = !out.mirror->reference;
  out.lag.upper = Duration::zero();
  out.runs = {{kSampleNow - 10min, CheckKind::dns, true},
              {kSampleNow - 1min, CheckKind::http, true},
              {kSampleNow - 30s, CheckKind::http, false}};
  return out;
}

MirrorView stale(const std::shared_ptr<const Pool>& pool, std::size_t index) {
  MirrorView out = fresh(pool, index);
  out.lag.lower = 6h + 3min + 250ms;
  out.lag.upper = 7h + 10min;
  out.verdict = {State::stale, Failure{Layer::freshness, Reason::stale, "superseded 6h3m ago, at most 7h10m"}};
  out.verdict.blame = "goproxy-cn";
  out.since = kSampleNow - 6h;
  Lag level;
  level.known = true;
  out.feeds = {{"golang.org/x/text", out.lag}, {"rsc.io/<quote>", level}};
  out.addresses = {{*parse_address("192.0.2.1"), out.lag}, {*parse_address("2001:db8::1"), level}};
  out.version_regressions = 2;
  return out;
}

MirrorView down(const std::shared_ptr<const Pool>& pool, std::size_t index) {
  MirrorView out = fresh(pool, index);
  const Failure refused{Layer::connect, Reason::refused, "refused (at 192.0.2.1, one of 2)"};
  const Failure expired{Layer::tls, Reason::expired, "the certificate expired 2d ago"};
  Finding tls = finding(CheckKind::tls, 6s);
  tls.certificate = certificate(-48h);
  out.checks[CheckKind::tls] = failed(tls, expired, {});
  Finding http = finding(CheckKind::http, 2s);
  http.addresses = {look("192.0.2.1", refused), look("2001:db8::1", refused)};
  out.checks[CheckKind::http] = failed(http, refused, http_finding(2h + 11min));
  out.verdict = {State::down, refused};
  out.since = kSampleNow - 2h - 10min;
  return out;
}

MirrorView hostile(const std::shared_ptr<const Pool>& pool, std::size_t index) {
  MirrorView out = view(pool, index);
  healthy_checks(out);
  const Failure bytes{Layer::integrity, Reason::checksum,
                      "Packages.xz: <img src=x onerror=alert(1)> & \"quotes\" '\xff\xfe' \x1b[31m \u202Eltr"};
  out.checks[CheckKind::integrity] = failed(finding(CheckKind::integrity, 20s), bytes, {});
  out.verdict = {State::corrupt, bytes};
  out.since = kSampleNow - 95s;
  out.lag.known = true;
  out.lag.ahead = true;
  return out;
}

MirrorView unknown(const std::shared_ptr<const Pool>& pool, std::size_t index) {
  MirrorView out = view(pool, index);
  out.checks[CheckKind::dns] = {};
  out.verdict = {State::unknown, Failure{Layer::freshness, Reason::not_checked_yet, ""}};
  return out;
}

std::shared_ptr<const Snapshot> snapshot() {
  const auto go = go_pool();
  const auto debian = debian_pool();
  Snapshot out;
  out.at = kSampleNow - 2s;
  out.pools = {{go, true, 0}, {debian, false, 3}};
  for (MirrorView each : {fresh(go, 0), fresh(go, 1), stale(go, 2), down(go, 3), fresh(debian, 0), fresh(debian, 1),
                          hostile(debian, 2), unknown(debian, 3)})
    out.mirrors.push_back(std::make_shared<const MirrorView>(std::move(each)));
  return std::make_shared<const Snapshot>(std::move(out));
}

std::shared_ptr<const Config> config() {
  Config out;
  out.watchdog.url = Secret("https://watchdog.example.org/ping");
  out.agent.vantage = "上海-1";
  out.rules.resize(2);
  out.rules[0].name = "MirrorStale";
  out.rules[0].when = std::get<Expression>(parse_expression("sync_lag > 6h"));
  out.rules[0].severity = "page";
  out.rules[1].name = "MirrorErrors";
  out.rules[1].when = std::get<Expression>(parse_expression("error_ratio[5m] > 50%"));
  Receiver receiver;
  receiver.name = "oncall";
  out.receivers = {receiver};
  return std::make_shared<const Config>(std::move(out));
}

Alert alert(const Rule& rule, Phase phase, double value) {
  Alert out;
  out.phase = phase;
  out.rule = std::make_shared<const Rule>(rule);
  out.value = value;
  out.which = rule.when.any_of[0][0];
  out.active_at = kSampleNow - 12min;
  out.fired_at = kSampleNow - 2min;
  return out;
}

std::shared_ptr<const Alerts> alerts(const Config& from) {
  Alerts out;
  out[{"MirrorStale", "go", "阿里云"}] = alert(from.rules[0], Phase::firing, 21780.25);
  out[{"MirrorErrors", "go", "goproxy-io"}] = alert(from.rules[1], Phase::firing, 0.97);
  out[{"MirrorErrors", "go", "goproxy-io"}].muted_by = "MirrorDown";
  out[{"MirrorErrors", "debian", "清华"}] = alert(from.rules[1], Phase::pending, 0.55);
  out[{"MirrorErrors", "go", "goproxy-cn"}] = alert(from.rules[1], Phase::inactive, 0);
  return std::make_shared<const Alerts>(std::move(out));
}

}  // namespace

Published sample_published() {
  Published out;
  out.config = config();
  out.snapshot = snapshot();
  out.alerts = alerts(*out.config);
  out.receivers = {{"oncall", 2, "HTTP 503 from <b>chat</b>", 1, {3, 2, 0, 0}, {}}, {"quiet", 0, "", 0, {}, {}}};
  out.ready = true;
  return out;
}

}  // namespace mw
