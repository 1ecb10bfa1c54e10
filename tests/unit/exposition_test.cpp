// The catalogue's conventions, the writer, the agent's own metrics, and hostile text in all of them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <limits>
#include <random>
#include <set>

#include "exporter/mirror_metrics.hpp"
#include "exporter/own_metrics.hpp"
#include "exporter/process_metrics.hpp"
#include "tests/support/hostile_site.hpp"
#include "tests/support/sample_site.hpp"
#include "tests/support/strict_exposition.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kUnits[] = {"seconds", "bytes", "ratio"};

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(by), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string unit_in(const Metric& row) {
  auto words = split(row.name, '_');
  if (row.type == MetricType::counter) words.pop_back();
  return std::ranges::count(kUnits, words.back()) > 0 ? words.back() : "";
}

double value_of(const std::vector<Family>& families, std::string_view name, const Labels& labels,
                std::string_view suffix = {}) {
  for (const Family& family : families) {
    if (family.metric->name != name) continue;
    for (const Sample& sample : family.samples)
      if (sample.labels == labels && sample.suffix == suffix) return sample.value;
  }
  return -1;
}

}  // namespace

TEST_CASE("the catalogue keeps the Prometheus conventions") {
  std::set<std::string_view> names;
  for (const Metric& row : catalogue()) {
    INFO(row.name);
    CHECK(names.insert(row.name).second);
    CHECK(
        (row.name.starts_with("mirror_") || row.name.starts_with("mirrorwarden_") || row.name.starts_with("process_")));
    CHECK((row.type == MetricType::counter) == row.name.ends_with("_total"));
    CHECK(unit_in(row) == row.unit);
    CHECK(row.help.ends_with('.'));
    for (const char* suffix : {"_count", "_sum", "_bucket", "_info_total"}) CHECK_FALSE(row.name.ends_with(suffix));
    for (const std::string& word : split(row.name, '_')) {
      for (const char* bad :
           {"counter", "gauge", "histogram", "s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "m", "h", "d"})
        CHECK(word != bad);
    }
  }
}

TEST_CASE("the catalogue's labels are label names, none of them taken by Prometheus or its targets") {
  for (const Metric& row : catalogue()) {
    for (const std::string& label : split(row.labels, ',')) {
      INFO(row.name << " " << label);
      CHECK((label == "…" || is_label_name(label)));
      for (const char* taken : {"le", "quantile", "instance", "job", "type", "service", "region", "env"})
        CHECK(label != taken);
    }
  }
}

TEST_CASE("the reference names every metric once") {
  const std::string reference = metrics_reference();
  for (const Metric& row : catalogue()) {
    const std::string cell = "| `" + std::string(row.name) + "` |";
    const auto found = reference.find(cell);
    REQUIRE(found != std::string::npos);
    CHECK(reference.find(cell, found + 1) == std::string::npos);
  }
  CHECK(reference.find("`host`, *configured labels*") != std::string::npos);
  CHECK_THROWS_AS(metric("mirror_no_such_thing"), std::out_of_range);
}

TEST_CASE("label values are escaped, made valid, and cut") {
  CHECK(Labels{{"a", "x\"y\\z"}}.text() == R"(a="x\"y\\z")");
  CHECK(Labels{{"a", "line\nline"}}.text() == R"(a="line\\x0aline")");
  CHECK(Labels{{"a", "\xff"}}.text() == R"(a="\\xff")");
  CHECK(Labels{{"a", "清华"}, {"b", ""}, {"c", "1"}}.text() == R"(a="清华",c="1")");
  CHECK(Labels{{"a", std::string(5000, 'x')}}.text().size() < 300);
}

TEST_CASE("label names are the old, unquoted kind") {
  for (const char* good : {"a", "_a", "operator", "A9_"}) CHECK(is_label_name(good));
  for (const char* bad : {"", "9a", "a-b", "a b", "__name__", "名", "a\n"}) CHECK_FALSE(is_label_name(bad));
}

TEST_CASE("numbers read back as they were") {
  CHECK(number(0) == "0");
  CHECK(number(0.1) == "0.1");
  CHECK(number(21780.25) == "21780.25");
  for (const double value : {1.0 / 3, 1e300, 5e-324, 1790000000.123456, -0.5})
    CHECK(std::strtod(number(value).c_str(), nullptr) == value);
  CHECK(bucket_bound(1) == "1.0");
  CHECK(bucket_bound(0.005) == "0.005");
  CHECK(bucket_bound(60) == "60.0");
  CHECK(bucket_bound(std::numeric_limits<double>::infinity()) == "+Inf");
}

TEST_CASE("a page has each family once, in the catalogue's order, without duplicates and without NaN") {
  Family first("mirror_verdict");
  first.add({{"mirror", "a"}}, 1);
  first.add({{"mirror", "b"}}, std::numeric_limits<double>::quiet_NaN());
  Family info("mirror_info");
  info.add({}, 1);
  Family again("mirror_verdict");
  again.add({{"mirror", "a"}}, 0);
  again.add({{"mirror", "c"}}, std::numeric_limits<double>::infinity());
  const std::string page = write_text(std::vector<Family>{first, info, again, Family("mirror_failure")});
  CHECK(page == "# HELP mirror_info " + std::string(metric("mirror_info").help) +
                    "\n# TYPE mirror_info gauge\nmirror_info 1\n# HELP mirror_verdict " +
                    std::string(metric("mirror_verdict").help) +
                    "\n# TYPE mirror_verdict gauge\nmirror_verdict{mirror=\"a\"} 1\n");
}

TEST_CASE("a mirror that is not in the picture has no series") {
  Published published = sample_published();
  Snapshot snapshot = *published.snapshot;
  snapshot.mirrors.resize(2);
  published.snapshot = std::make_shared<const Snapshot>(std::move(snapshot));
  Published nothing;
  const std::string page = write_text(published_families(published, kSampleNow));
  CHECK(page.find("goproxy-cn") != std::string::npos);
  CHECK(page.find("goproxy-io") == std::string::npos);
  CHECK(write_text(published_families(nothing, kSampleNow)).empty());
}

TEST_CASE("facts stay while a mirror fails, health does not") {
  const auto families = published_families(sample_published(), kSampleNow);
  const Labels failing{{"pool", "go"}, {"mirror", "goproxy-io"}};
  const Labels http = Labels(failing).add("check", "http");
  CHECK(value_of(families, "mirror_http_status_code", failing) == 200);
  CHECK(value_of(families, "mirror_check_success", http) == 0);
  CHECK(value_of(families, "mirror_addresses_ok", Labels(failing).add("family", "ipv4")) == 0);
  CHECK(value_of(families, "mirror_tls_certificate_not_after_timestamp_seconds", failing) ==
        unix_seconds(kSampleNow - 48h));
  CHECK(value_of(families, "mirror_check_last_success_timestamp_seconds", http) ==
        unix_seconds(kSampleNow - 2h - 11min));
  CHECK(value_of(families, "mirror_check_last_run_timestamp_seconds", http) == unix_seconds(kSampleNow - 2s));
}

TEST_CASE("unknown lag is no sample and says so; a reference has none at all") {
  const auto families = published_families(sample_published(), kSampleNow);
  const Labels fresh_one{{"pool", "debian"}, {"mirror", "new"}};
  const Labels reference{{"pool", "go"}, {"mirror", "proxy.golang.org"}};
  CHECK(value_of(families, "mirror_sync_lag_known", fresh_one) == 0);
  CHECK(value_of(families, "mirror_sync_lag_seconds", fresh_one) == -1);
  CHECK(value_of(families, "mirror_check_success", Labels(fresh_one).add("check", "dns")) == -1);
  CHECK(value_of(families, "mirror_sync_lag_known", reference) == -1);
}

TEST_CASE("our own series begin at zero and go with what they were about") {
  OwnMetrics own({"1", "2", "3"});
  const Published published = sample_published();
  own.configured(*published.config);
  const Labels oncall{{"receiver", "oncall"}};
  const Labels by_network = Labels(oncall).add("reason", "network");
  CHECK(value_of(own.collect(), "mirrorwarden_notifications_total", oncall) == 0);
  CHECK(value_of(own.collect(), "mirrorwarden_notifications_failed_total", by_network) == 0);
  own.notification("oncall", DeliveryOutcome::failed_network);
  CHECK(value_of(own.collect(), "mirrorwarden_notifications_total", oncall) == 1);
  CHECK(value_of(own.collect(), "mirrorwarden_notifications_failed_total", by_network) == 1);
  own.configured(*published.config);
  CHECK(value_of(own.collect(), "mirrorwarden_notifications_total", oncall) == 1);
  own.configured(Config{});
  CHECK(value_of(own.collect(), "mirrorwarden_notifications_total", oncall) == -1);
}

TEST_CASE("a missed slot is counted for its mirror until that is gone") {
  Pool pool;
  pool.name = "go";
  pool.checks = {CheckKind::http};
  pool.mirrors.resize(1);
  pool.mirrors[0].name = "a";
  Config config;
  config.pools = {std::make_shared<const Pool>(pool)};
  OwnMetrics own({"1", "2", "3"});
  own.configured(config);
  const Labels slot{{"pool", "go"}, {"mirror", "a"}, {"check", "http"}};
  CHECK(value_of(own.collect(), "mirrorwarden_schedule_missed_total", slot) == 0);
  own.slot_missed("go", "a", CheckKind::http);
  own.slot_missed("go", "a", CheckKind::http);
  CHECK(value_of(own.collect(), "mirrorwarden_schedule_missed_total", slot) == 2);
  own.configured(Config{});
  CHECK(value_of(own.collect(), "mirrorwarden_schedule_missed_total", slot) == -1);
}

TEST_CASE("our own gauges and histograms say what happened") {
  OwnMetrics own({"1", "2", "3"});
  own.check_started(2s);
  own.check_started(2s);
  own.check_finished();
  own.loop_lag(20ms);
  own.coroutine_died();
  own.reload(true, kSampleNow);
  own.reload(false, kSampleNow + 1h);
  const auto families = own.collect();
  CHECK(value_of(families, "mirrorwarden_checks_running", {}) == 1);
  CHECK(value_of(families, "mirrorwarden_check_start_delay_seconds", {{"le", "1.0"}}, "_bucket") == 0);
  CHECK(value_of(families, "mirrorwarden_check_start_delay_seconds", {{"le", "5.0"}}, "_bucket") == 2);
  CHECK(value_of(families, "mirrorwarden_check_start_delay_seconds", {}, "_sum") == 4);
  CHECK(value_of(families, "mirrorwarden_loop_lag_seconds", {{"le", "+Inf"}}, "_bucket") == 1);
  CHECK(value_of(families, "mirrorwarden_task_crashes_total", {}) == 1);
  CHECK(value_of(families, "mirrorwarden_config_last_reload_successful", {}) == 0);
  CHECK(value_of(families, "mirrorwarden_config_last_reload_success_timestamp_seconds", {}) ==
        unix_seconds(kSampleNow));
  CHECK(read_exposition(write_text(families)).index() == 0);
}

TEST_CASE("the kernel's line about a process, whatever the program is called") {
  const auto stat = parse_process_stat(
      "7 (a ) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 100 50 0 0 20 0 9 0 4242 1048576 12 18446744073709551615 1\n");
  REQUIRE(stat);
  CHECK(stat->cpu_ticks == 150);
  CHECK(stat->threads == 9);
  CHECK(stat->start_ticks == 4242);
  CHECK(stat->virtual_bytes == 1048576);
  CHECK(stat->resident_pages == 12);
  CHECK_FALSE(parse_process_stat(""));
  CHECK_FALSE(parse_process_stat("7 (a) S 1 2 3"));
}

TEST_CASE("our own process can be described") {
  const auto families = process_families();
  CHECK(read_exposition(write_text(families)).index() == 0);
  CHECK(value_of(families, "process_resident_memory_bytes", {}) > 1e6);
  CHECK(value_of(families, "process_open_fds", {}) >= 3);
  CHECK(value_of(families, "process_threads", {}) >= 1);
  CHECK(value_of(families, "process_start_time_seconds", {}) > 1.6e9);
  CHECK(value_of(families, "process_start_time_seconds", {}) ==
        value_of(process_families(), "process_start_time_seconds", {}));
}

TEST_CASE("any bytes as names and details leave a page that parses and markup that holds") {
  std::mt19937 random(20260822);
  for (int round = 0; round < 150; ++round) {
    std::string bytes(random() % 1500, '\0');
    const bool is_markup = round % 2 == 0;
    constexpr std::string_view kNasty = "<>\"'&\\\n{}\xc3\xe2\xf0\x80 script";
    for (char& c : bytes) c = is_markup ? kNasty[random() % kNasty.size()] : static_cast<char>(random());
    INFO("round " << round);
    CHECK(broken_by(bytes).empty());
  }
}

TEST_CASE("the strict reader is strict") {
  const std::string head =
      "# HELP mirror_info " + std::string(metric("mirror_info").help) + "\n# TYPE mirror_info gauge\n";
  CHECK(read_exposition(head + "mirror_info 1\n").index() == 0);
  for (const char* bad :
       {"mirror_info 1", "mirror_info NaN\n", "mirror_info 1\nmirror_info 1\n", "mirror_info{a=\"\xff\"} 1\n",
        "mirror_info{a=\"1\",a=\"2\"} 1\n", "mirror_info{a=\"\\x\"} 1\n", "mirror_verdict 1\n", "\n",
        "mirror_info 1\nmirror_info{a=\"\"} 1\n", "mirror_info{a=\"\x01\"} 1\n", "mirror_info  1\n"}) {
    INFO(bad);
    CHECK(read_exposition(head + bad).index() == 1);
  }
  CHECK(read_exposition("mirror_info 1\n").index() == 1);
  CHECK(read_exposition(head + head).index() == 1);
  CHECK_FALSE(reads_as_utf8("\xc0\xaf"));
  CHECK_FALSE(reads_as_utf8("\xed\xa0\x80"));
  CHECK_FALSE(reads_as_utf8("\xf4\x90\x80\x80"));
  CHECK(reads_as_utf8("清\xf0\x9f\x98\x80"));
}
