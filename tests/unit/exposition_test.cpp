// The catalogue's conventions, the writer, the agent's own metrics, and hostile text in all of them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "exporter/metrics_page.hpp"
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

using Pairs = std::map<std::string, std::string>;

std::string page_of(const Published& published, const MirrorFilter& only = {}) {
  return MetricsPages().page({Format::text, only, kSampleNow}, &published, {});
}

/// -1: there is no such series.
double value_on(const std::string& page, std::string_view name, const Pairs& labels) {
  const auto read = read_exposition(page);
  INFO((read.index() == 1 ? std::get<1>(read) : ""));
  REQUIRE(read.index() == 0);
  for (const ReadSample& sample : std::get<0>(read))
    if (sample.name == name && sample.labels == labels) return sample.value;
  return -1;
}

Pairs with(Pairs labels, const std::string& name, const std::string& value) {
  labels[name] = value;
  return labels;
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
  const std::string page = write_page(std::vector<Family>{first, info, again, Family("mirror_failure")});
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
  const std::string page = page_of(published);
  CHECK(page.find("goproxy-cn") != std::string::npos);
  CHECK(page.find("goproxy-io") == std::string::npos);
  CHECK(page_of(nothing).empty());
  CHECK(MetricsPages().page({}, nullptr, {}).empty());
  CHECK(MetricsPages().page({Format::open_metrics, {}, {}}, nullptr, {}) == "# EOF\n");
}

TEST_CASE("facts stay while a mirror fails, health does not") {
  const std::string page = page_of(sample_published());
  const Pairs failing{{"pool", "go"}, {"mirror", "goproxy-io"}};
  const Pairs http = with(failing, "check", "http");
  CHECK(value_on(page, "mirror_http_status_code", failing) == 200);
  CHECK(value_on(page, "mirror_check_success", http) == 0);
  CHECK(value_on(page, "mirror_addresses_ok", with(failing, "family", "ipv4")) == 0);
  CHECK(value_on(page, "mirror_tls_certificate_not_after_timestamp_seconds", failing) ==
        unix_seconds(kSampleNow - 48h));
  CHECK(value_on(page, "mirror_check_last_success_timestamp_seconds", http) == unix_seconds(kSampleNow - 2h - 11min));
  CHECK(value_on(page, "mirror_check_last_run_timestamp_seconds", http) == unix_seconds(kSampleNow - 2s));
}

TEST_CASE("unknown lag is no sample and says so; a reference has none at all") {
  const std::string page = page_of(sample_published());
  const Pairs fresh_one{{"pool", "debian"}, {"mirror", "new"}};
  const Pairs reference{{"pool", "go"}, {"mirror", "proxy.golang.org"}};
  CHECK(value_on(page, "mirror_sync_lag_known", fresh_one) == 0);
  CHECK(value_on(page, "mirror_sync_lag_seconds", fresh_one) == -1);
  CHECK(value_on(page, "mirror_check_success", with(fresh_one, "check", "dns")) == -1);
  CHECK(value_on(page, "mirror_sync_lag_known", reference) == -1);
}

TEST_CASE("a scrape may be about some pools and mirrors only") {
  const Published published = sample_published();
  const auto mirrors_on = [&](const MirrorFilter& only) {
    std::set<std::string> out;
    const auto page = read_exposition(page_of(published, only));
    for (const ReadSample& sample : std::get<0>(page))
      if (sample.labels.contains("mirror")) out.insert(sample.labels.at("pool") + "/" + sample.labels.at("mirror"));
    return out;
  };
  const auto pools_on = [&](const MirrorFilter& only) {
    std::set<std::string> out;
    const auto page = read_exposition(page_of(published, only));
    for (const ReadSample& sample : std::get<0>(page))
      if (sample.labels.contains("pool")) out.insert(sample.labels.at("pool"));
    return out;
  };
  using Names = std::set<std::string>;
  CHECK(mirrors_on({}).size() == 8);
  CHECK(mirrors_on({{"go"}, {}}) == Names{"go/proxy.golang.org", "go/goproxy-cn", "go/阿里云", "go/goproxy-io"});
  CHECK(mirrors_on({{}, {"清华", "goproxy-cn"}}) == Names{"go/goproxy-cn", "debian/清华"});
  CHECK(mirrors_on({{"go"}, {"清华", "goproxy-cn"}}) == Names{"go/goproxy-cn"});
  CHECK(mirrors_on({{"no such pool"}, {}}).empty());
  CHECK(mirrors_on({{}, {""}}).empty());
  CHECK(pools_on({}) == Names{"go", "debian"});
  CHECK(pools_on({{"debian"}, {}}) == Names{"debian"});
  CHECK(pools_on({{}, {"清华"}}) == Names{"debian"});
  CHECK(pools_on({{"no such pool"}, {}}).empty());
  CHECK(value_on(page_of(published, {{"no such pool"}, {}}), "mirrorwarden_self_fault", {}) == 0);
}

TEST_CASE("what a mirror's series begin with is kept, and follows the configuration") {
  Published published = sample_published();
  MetricsPages pages;
  const auto page = [&] { return pages.page({Format::text, {}, kSampleNow}, &published, {}); };
  const std::string first = page();
  CHECK(page() == first);
  Snapshot snapshot = *published.snapshot;
  MirrorView renamed = *snapshot.mirrors[1];
  Mirror mirror = *renamed.mirror;
  mirror.labels["operator"] = "someone else";
  renamed.mirror = std::make_shared<const Mirror>(mirror);
  snapshot.mirrors[1] = std::make_shared<const MirrorView>(renamed);
  published.snapshot = std::make_shared<const Snapshot>(snapshot);
  CHECK(page().find("someone else") != std::string::npos);
  std::ranges::reverse(snapshot.mirrors);
  published.snapshot = std::make_shared<const Snapshot>(snapshot);
  CHECK(page() == MetricsPages().page({Format::text, {}, kSampleNow}, &published, {}));
}

TEST_CASE("two names that print alike are one mirror's series, and an address is named once") {
  Published published = sample_published();
  Snapshot snapshot = *published.snapshot;
  for (const char last : {'a', 'b'}) {
    MirrorView twin = *snapshot.mirrors[1];
    Mirror mirror = *twin.mirror;
    mirror.name = std::string(100'000, '\xff') + last;
    mirror.url.host = std::string(1, last);
    twin.mirror = std::make_shared<const Mirror>(mirror);
    AddressLag lag;
    lag.lag.known = true;
    twin.addresses = {lag, lag};
    snapshot.mirrors.push_back(std::make_shared<const MirrorView>(twin));
  }
  published.snapshot = std::make_shared<const Snapshot>(snapshot);
  const std::string page = page_of(published);
  CHECK(read_exposition(page).index() == 0);
  CHECK(page.find("host=\"a\"") != std::string::npos);
  CHECK(page.find("host=\"b\"") == std::string::npos);
}

TEST_CASE("integers are written as all other numbers are: as short as possible") {
  const auto as_the_library = [](double value) {
    char buffer[64];
    const auto [end, error] = std::to_chars(std::begin(buffer), std::end(buffer), value);
    return std::string(buffer, end);
  };
  std::mt19937_64 random(20261128);
  for (const double value : {0.0, -0.0, -1.0, 9999.0, 99999.0, 1e5, 100001.0, 110000.0, 1.2e6, 1e6, 1e15, 1e15 + 1,
                             9007199254740993.0, 1.8e19, 1789208000.0, 1789200000.0, 1e22, 0.5})
    CHECK(number(value) == as_the_library(value));
  for (int round = 0; round < 20'000; ++round) {
    double value = static_cast<double>(random() >> (random() % 64));
    for (auto zeros = random() % 8; zeros > 0 && value < 1e15; --zeros) value *= 10;
    if (number(value) != as_the_library(value)) FAIL(as_the_library(value) << " is written as " << number(value));
  }
}

TEST_CASE("OpenMetrics names a counter without _total, tells units and starts, and ends") {
  Family counter("process_cpu_seconds_total");
  counter.add({}, 1.5);
  counter.add({}, 1.7e9, kCreated);
  Family runs("mirror_check_runs_total");
  runs.add({{"mirror", "a"}}, 2);
  const std::vector<Family> families = {counter, runs};
  const std::string help = std::string(metric("process_cpu_seconds_total").help);
  const std::string runs_help = std::string(metric("mirror_check_runs_total").help);
  CHECK(write_page(families, Format::open_metrics) ==
        "# HELP mirror_check_runs " + runs_help + "\n# TYPE mirror_check_runs counter\nmirror_check_runs_total" +
            "{mirror=\"a\"} 2\n# HELP process_cpu_seconds " + help +
            "\n# TYPE process_cpu_seconds counter\n# UNIT process_cpu_seconds seconds\n"
            "process_cpu_seconds_total 1.5\nprocess_cpu_seconds_created 1.7e+09\n# EOF\n");
  CHECK(write_page(families) == "# HELP mirror_check_runs_total " + runs_help +
                                    "\n# TYPE mirror_check_runs_total counter\nmirror_check_runs_total" +
                                    "{mirror=\"a\"} 2\n# HELP process_cpu_seconds_total " + help +
                                    "\n# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 1.5\n");
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

TEST_CASE("a series of ours says since when it counts") {
  OwnMetrics own({"1", "2", "3"}, kSampleNow);
  Config config = *sample_published().config;
  own.configured(config, kSampleNow);
  config.receivers.resize(1);
  config.receivers[0].name = "later";
  own.configured(config, kSampleNow + 1h);
  const auto families = own.collect();
  const Labels later{{"receiver", "later"}};
  CHECK(value_of(families, "mirrorwarden_task_crashes_total", {}, kCreated) == unix_seconds(kSampleNow));
  CHECK(value_of(families, "mirrorwarden_loop_lag_seconds", {}, kCreated) == unix_seconds(kSampleNow));
  CHECK(value_of(families, "mirrorwarden_notifications_total", later, kCreated) == unix_seconds(kSampleNow + 1h));
  CHECK(value_of(families, "mirrorwarden_checks_running", {}, kCreated) == -1);
  CHECK(value_of(OwnMetrics({"1", "2", "3"}).collect(), "mirrorwarden_task_crashes_total", {}, kCreated) == -1);
  CHECK(read_exposition(write_page(families, Format::open_metrics), Format::open_metrics).index() == 0);
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
  CHECK(read_exposition(write_page(families)).index() == 0);
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
  CHECK(read_exposition(write_page(families)).index() == 0);
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

TEST_CASE("the strict reader is strict in OpenMetrics too") {
  const auto reads = [](const std::string& page) { return read_exposition(page, Format::open_metrics).index() == 0; };
  const std::string runs = "# HELP mirror_check_runs x\n# TYPE mirror_check_runs counter\n";
  const std::string lag = "# HELP mirror_stale_ratio x\n# TYPE mirror_stale_ratio gauge\n";
  const std::string unit = "# UNIT mirror_stale_ratio ratio\n";
  CHECK(reads("# EOF\n"));
  CHECK(reads(runs + "mirror_check_runs_total 1\nmirror_check_runs_created 1.5\n" + lag + unit +
              "mirror_stale_ratio 1\n# EOF\n"));
  for (const std::string& bad :
       {std::string(), std::string("# EOF\n# EOF\n"), "# EOF\n" + runs, runs + "mirror_check_runs_total 1\n",
        runs + "# EOF\n", runs + "mirror_check_runs 1\n# EOF\n", lag + "mirror_stale_ratio 1\n# EOF\n",
        lag + "# UNIT mirror_stale_ratio seconds\nmirror_stale_ratio 1\n# EOF\n",
        lag + unit + "mirror_stale_ratio 1\nmirror_stale_ratio_created 1\n# EOF\n",
        runs + "mirror_check_runs_total{check=\"a\"} 1\nmirror_check_runs_total{check=\"b\"} 1\n" +
            "mirror_check_runs_created{check=\"a\"} 1\n# EOF\n",
        std::string("# HELP mirror_check_runs_total x\n# TYPE mirror_check_runs_total counter\n") +
            "mirror_check_runs_total 1\n# EOF\n",
        std::string("# HELP mirror_check_runs a \"quote\"\n# TYPE mirror_check_runs counter\n") +
            "mirror_check_runs_total 1\n# EOF\n"}) {
    INFO(bad);
    CHECK_FALSE(reads(bad));
  }
}

TEST_CASE("the strict reader is strict") {
  const std::string head =
      "# HELP mirror_info " + std::string(metric("mirror_info").help) + "\n# TYPE mirror_info gauge\n";
  CHECK(read_exposition(head + "mirror_info 1\n").index() == 0);
  for (const char* bad :
       {"mirror_info 1", "mirror_info NaN\n", "mirror_info 1\nmirror_info 1\n", "mirror_info{a=\"\xff\"} 1\n",
        "mirror_info{a=\"1\",a=\"2\"} 1\n", "mirror_info{a=\"\\x\"} 1\n", "mirror_verdict 1\n", "\n",
        "mirror_info 1\nmirror_info{a=\"\"} 1\n", "mirror_info{a=\"\x01\"} 1\n", "mirror_info  1\n",
        "mirror_info 1\n# EOF\n"}) {
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
