// The whole /metrics page of a fixed picture, and what the page must be whatever the picture.
#include <catch2/catch.hpp>
#include <map>

#include "exporter/metrics_page.hpp"
#include "exporter/own_metrics.hpp"
#include "exporter/probe_metrics.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/sample_site.hpp"
#include "tests/support/strict_exposition.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

/// As the agent does, without the process's own values, which are never the same.
std::string sample_page(Format format) {
  const Published published = sample_published();
  OwnMetrics own({"0.0.0", "abc123", "gcc 12"}, kSampleNow - 72h);
  own.configured(*published.config, kSampleNow - 24h);
  own.reload(true, kSampleNow - 24h);
  own.check_started(3ms);
  own.check_started(-1ms);
  own.check_finished();
  own.loop_lag(2min);
  own.notification("oncall", DeliveryOutcome::rate_limited);
  own.notification("oncall", DeliveryOutcome::delivered);
  Config counted;
  for (const PoolView& each : published.snapshot->pools) counted.pools.push_back(each.pool);
  CountBook counts;
  counts.configured(counted, kSampleNow - 24h);
  counts.missed({"go", "阿里云"}, CheckKind::http);
  counts.put_off({"go", "阿里云"}, PutOff::asked_to_wait);
  Finding finding;
  finding.check = CheckKind::http;
  for (const auto took : {40ms, 100ms, 700ms, 30000ms}) {
    finding.took = took;
    counts.ended({"go", "阿里云"}, finding);
  }
  std::vector<Family> families = own.collect();
  std::ranges::move(probe_families({5, 4, 3, 2, 1}), std::back_inserter(families));
  return MetricsPages(&counts).page({format, {}, kSampleNow}, &published, families);
}

void check_golden(Format format, const std::string& file) {
  const std::string page = sample_page(format);
  const std::string difference = golden_difference(MW_SOURCE_DIR "/tests/golden/" + file, page);
  INFO(difference);
  CHECK(difference.empty());
  const auto read = read_exposition(page, format);
  INFO((read.index() == 1 ? std::get<1>(read) : ""));
  CHECK(read.index() == 0);
}

}  // namespace

TEST_CASE("the metrics page is as agreed, and the strict reader accepts it") {
  check_golden(Format::text, "metrics.expected");
}

TEST_CASE("the metrics page in OpenMetrics is as agreed, and the strict reader accepts it") {
  check_golden(Format::open_metrics, "openmetrics.expected");
}

/// Each sample with its labels and value; `_created` left out.
TEST_CASE("both formats say the same") {
  const auto samples = [](Format format) {
    std::map<std::string, double> out;
    const auto page = read_exposition(sample_page(format), format);
    for (const ReadSample& sample : std::get<0>(page)) {
      std::string key = sample.name;
      for (const auto& [label, value] : sample.labels) key.append("|").append(label).append("=").append(value);
      if (!sample.name.ends_with("_created")) out[key] = sample.value;
    }
    return out;
  };
  const auto text = samples(Format::text);
  CHECK(text.size() > 500);
  CHECK(text == samples(Format::open_metrics));
}

TEST_CASE("the sample shows every metric of the mirrors and of the agent") {
  const auto page = sample_page(Format::text);
  for (const Metric& row : catalogue()) {
    if (row.name.starts_with("process_")) continue;
    INFO(row.name);
    CHECK(page.find("# HELP " + std::string(row.name) + " ") != std::string::npos);
  }
}
