// What the agent counts of each mirror, from what happened to the page.
#include "exporter/count_book.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "exporter/metrics_page.hpp"
#include "tests/support/sample_site.hpp"
#include "tests/support/strict_exposition.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

using Pairs = std::map<std::string, std::string>;

/// -1: there is no such series.
double value_on(const std::string& page, std::string_view name, const Pairs& labels) {
  const auto read = read_exposition(page);
  REQUIRE(read.index() == 0);
  for (const ReadSample& sample : std::get<0>(read))
    if (sample.name == name && sample.labels == labels) return sample.value;
  return -1;
}

Pairs with(Pairs labels, const std::string& name, const std::string& value) {
  labels[name] = value;
  return labels;
}

/// One pool of one mirror, and the page of the counts that a book keeps of it.
struct Counted {
  Config config;
  Published published;
  CountBook book;
  MirrorKey key{"go", "a"};
  Pairs labels{{"pool", "go"}, {"mirror", "a"}};

  Counted() {
    Pool pool;
    pool.name = "go";
    pool.checks = {CheckKind::http, CheckKind::dns};
    pool.mirrors.resize(1);
    pool.mirrors[0].name = "a";
    config.pools = {std::make_shared<const Pool>(pool)};
    MirrorView view;
    view.pool = config.pools[0];
    view.mirror = std::shared_ptr<const Mirror>(view.pool, &view.pool->mirrors[0]);
    Snapshot snapshot;
    snapshot.mirrors = {std::make_shared<const MirrorView>(view)};
    published.snapshot = std::make_shared<const Snapshot>(std::move(snapshot));
    book.configured(config, kSampleNow - 1h);
  }
  std::string page(Format format = Format::text) {
    return MetricsPages(&book).page({format, {}, kSampleNow}, &published, {});
  }
  void good_run(Duration took) { book.ended(key, finding(took)); }
  static Finding finding(Duration took) {
    Finding out;
    out.check = CheckKind::http;
    out.took = took;
    return out;
  }
};

}  // namespace

TEST_CASE("a missed slot and a look put off are counted for their mirror until it is gone") {
  Counted one;
  const Pairs slot = with(one.labels, "check", "http");
  const Pairs rest = with(one.labels, "because", "budget");
  CHECK(value_on(one.page(), "mirrorwarden_schedule_missed_total", slot) == 0);
  CHECK(value_on(one.page(), "mirrorwarden_checks_put_off_total", rest) == 0);
  one.book.missed(one.key, CheckKind::http);
  one.book.missed(one.key, CheckKind::http);
  one.book.put_off(one.key, PutOff::budget);
  one.book.configured(one.config, kSampleNow);
  CHECK(value_on(one.page(), "mirrorwarden_schedule_missed_total", slot) == 2);
  CHECK(value_on(one.page(), "mirrorwarden_schedule_missed_total", with(slot, "check", "dns")) == 0);
  CHECK(value_on(one.page(), "mirrorwarden_checks_put_off_total", rest) == 1);
  one.book.configured(Config{}, kSampleNow);
  one.book.missed(one.key, CheckKind::http);
  CHECK(value_on(one.page(), "mirrorwarden_schedule_missed_total", slot) == -1);
  one.book.configured(one.config, kSampleNow);
  CHECK(value_on(one.page(), "mirrorwarden_schedule_missed_total", slot) == 0);
}

TEST_CASE("good runs are counted by how long they took, failed ones are not") {
  Counted one;
  const std::string name = "mirror_check_good_duration_seconds";
  const Pairs slot = with(one.labels, "check", "http");
  for (const Duration took : {Duration(-1s), Duration(100ms), Duration(100ms + 1ns), Duration(1s), Duration(9s)})
    one.good_run(took);
  Finding failed = Counted::finding(1ms);
  failed.failure = Failure{Layer::connect, Reason::refused, ""};
  one.book.ended(one.key, failed);
  const std::string page = one.page();
  const auto up_to = [&](const char* bound) { return value_on(page, name + "_bucket", with(slot, "le", bound)); };
  CHECK(up_to("0.1") == 2);
  CHECK(up_to("0.5") == 3);
  CHECK(up_to("1.0") == 4);
  CHECK(up_to("5.0") == 4);
  CHECK(up_to("+Inf") == 5);
  CHECK(value_on(page, name + "_count", slot) == 5);
  CHECK(value_on(page, name + "_sum", slot) == Approx(10.200000001));
  CHECK(one.page(Format::open_metrics).find(name + "_created{pool=\"go\",mirror=\"a\",check=\"http\"} 1789996400\n") !=
        std::string::npos);
}
