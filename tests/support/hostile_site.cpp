// Bytes are dealt out as names, labels and details; numbers come from them too.
#include "tests/support/hostile_site.hpp"

#include <algorithm>
#include <cstring>

#include "exporter/metrics_page.hpp"
#include "exporter/web/pages.hpp"
#include "tests/support/strict_exposition.hpp"

namespace mw {

namespace {

/// Deals out a limited supply of bytes; when it has run dry, empty texts and zeros.
class Dealer {
 public:
  explicit Dealer(std::string_view bytes) : bytes_(bytes) {}

  std::string text() {
    const std::size_t wanted = number<std::uint8_t>();
    const std::size_t length = std::min(wanted, bytes_.size());
    std::string out(bytes_.substr(0, length));
    bytes_.remove_prefix(length);
    return out;
  }

  template <class T>
  T number() {
    T out{};
    const std::size_t length = std::min(sizeof out, bytes_.size());
    if (length > 0) std::memcpy(&out, bytes_.data(), length);
    bytes_.remove_prefix(length);
    return out;
  }

  SysTime any_time() { return SysTime(Duration(number<std::int64_t>())); }
  /// Of our own clock: between 1970 and 2043.
  SysTime time() { return SysTime(Duration(number<std::uint64_t>() >> 3U)); }
  Failure failure() {
    return {static_cast<Layer>(number<std::uint8_t>() % 7), static_cast<Reason>(number<std::uint8_t>() % 40), text()};
  }

 private:
  std::string_view bytes_;
};

CheckState state(Dealer& deal) {
  Finding finding;
  finding.at = deal.time();
  finding.took = Duration(deal.number<std::int64_t>());
  finding.certificate = Certificate{};
  finding.certificate->not_after = deal.any_time();
  finding.version = Version{deal.text(), {}, deal.any_time()};
  finding.http = HttpFacts{deal.number<int>(), deal.number<std::uint64_t>(), deal.number<int>(), deal.text()};
  CheckState out;
  out.runs = deal.number<std::uint64_t>();
  out.settled = deal.failure();
  out.last = std::make_shared<const Finding>(finding);
  return out;
}

std::shared_ptr<const MirrorView> view(Dealer& deal) {
  Mirror mirror;
  mirror.name = deal.text();
  mirror.url.host = deal.text();
  mirror.labels = {{deal.text(), deal.text()}, {"ok", deal.text()}};
  Pool pool;
  pool.name = deal.text();
  pool.ecosystem = deal.text();
  pool.checks = {CheckKind::freshness, CheckKind::http, CheckKind::freshness};
  MirrorView out;
  out.pool = std::make_shared<const Pool>(std::move(pool));
  out.mirror = std::make_shared<const Mirror>(std::move(mirror));
  out.checks[CheckKind::http] = state(deal);
  out.verdict = {State::down, deal.failure()};
  out.since = deal.time();
  out.lag.known = true;
  out.lag.lower = Duration(deal.number<std::int64_t>());
  return std::make_shared<const MirrorView>(std::move(out));
}

Published published(Dealer& deal) {
  Snapshot snapshot;
  for (int i = 0; i < 3; ++i) {
    const auto each = view(deal);
    snapshot.pools.push_back({each->pool, false, deal.number<std::uint64_t>()});
    snapshot.mirrors.push_back(each);
    snapshot.mirrors.push_back(each);  // a duplicate must not cost the page
  }
  Alerts alerts;
  Alert alert;
  alert.phase = Phase::firing;
  alert.value = deal.number<double>();
  alert.which.signal = static_cast<Signal>(deal.number<std::uint8_t>() % signals().size());
  alert.fired_at = deal.time();
  alerts[{deal.text(), deal.text(), deal.text()}] = alert;
  Published out;
  out.snapshot = std::make_shared<const Snapshot>(std::move(snapshot));
  out.alerts = std::make_shared<const Alerts>(std::move(alerts));
  out.receivers = {{deal.text(), deal.number<std::size_t>(), deal.text(), 0, {}, {}}};
  return out;
}

std::shared_ptr<const Pool> with_its_mirror(const MirrorView& view) {
  Pool pool = *view.pool;
  pool.mirrors = {*view.mirror};
  return std::make_shared<const Pool>(std::move(pool));
}

/// Before and after the mirrors' counts are known, in both formats, whole and of one mirror only.
std::string broken_metrics(const Published& published, SysTime now) {
  Config config;
  for (const auto& view : published.snapshot->mirrors) config.pools.push_back(with_its_mirror(*view));
  CountBook book;
  MetricsPages uncounted;
  MetricsPages counted(&book);
  book.configured(config, SysTime(std::chrono::seconds(1)));
  const MirrorFilter one{{published.snapshot->pools[0].pool->name}, {published.snapshot->mirrors[0]->mirror->name}};
  for (MetricsPages* pages : {&uncounted, &counted, &counted}) {
    for (const Format format : {Format::text, Format::open_metrics}) {
      for (const MirrorFilter& only : {MirrorFilter{}, one}) {
        const auto read = read_exposition(pages->page({format, only, now}, &published, {}), format);
        if (const auto* wrong = std::get_if<std::string>(&read))
          return (format == Format::text ? "text: " : "OpenMetrics: ") + *wrong;
      }
    }
  }
  return "";
}

std::size_t count(std::string_view text, char c) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), c));
}

/// The page's own markup does not depend on the texts: the same brackets and quotes whatever they hold.
std::string broken_status(const Published& published, SysTime now) {
  const std::string page = status_page({std::make_shared<const Published>(published), now, "1", "/metrics"});
  if (!reads_as_utf8(page)) return "page: not UTF-8";
  if (count(page, '<') != count(page, '>')) return "page: a bracket got out";
  if (count(page, '"') % 2 != 0) return "page: a quote got out";
  if (page.find("<script") != std::string::npos) return "page: a script";
  return "";
}

}  // namespace

std::string broken_by(std::string_view bytes) {
  Dealer deal(bytes);
  const SysTime now = deal.time();
  const Published hostile = published(deal);
  const std::string metrics = broken_metrics(hostile, now);
  return metrics.empty() ? broken_status(hostile, now) : metrics;
}

}  // namespace mw
