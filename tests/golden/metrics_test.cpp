// The whole /metrics page of a fixed picture, and what the page must be whatever the picture.
#include <catch2/catch.hpp>

#include "exporter/mirror_metrics.hpp"
#include "exporter/own_metrics.hpp"
#include "exporter/probe_metrics.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/sample_site.hpp"
#include "tests/support/strict_exposition.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

/// As the agent does, without the process's own values, which are never the same.
std::string sample_page() {
  const Published published = sample_published();
  OwnMetrics own({"0.0.0", "abc123", "gcc 12"});
  own.configured(*published.config);
  own.reload(true, kSampleNow - 24h);
  own.check_started(3ms);
  own.check_started(-1ms);
  own.check_finished();
  own.loop_lag(2min);
  own.slot_missed("go", "阿里云", CheckKind::http);
  own.put_off("go", "阿里云", PutOff::asked_to_wait);
  own.notification("oncall", DeliveryOutcome::rate_limited);
  own.notification("oncall", DeliveryOutcome::delivered);
  auto families = published_families(published, kSampleNow);
  std::ranges::move(own.collect(), std::back_inserter(families));
  std::ranges::move(probe_families({5, 4, 3, 2, 1}), std::back_inserter(families));
  return write_text(families);
}

}  // namespace

TEST_CASE("the metrics page is as agreed") {
  const std::string difference = golden_difference(MW_SOURCE_DIR "/tests/golden/metrics.expected", sample_page());
  INFO(difference);
  CHECK(difference.empty());
}

TEST_CASE("the strict reader accepts the sample") {
  const auto read = read_exposition(sample_page());
  INFO((read.index() == 1 ? std::get<1>(read) : ""));
  REQUIRE(read.index() == 0);
}

TEST_CASE("the sample shows every metric of the mirrors and of the agent") {
  const auto page = sample_page();
  for (const Metric& row : catalogue()) {
    if (row.name.starts_with("process_")) continue;
    INFO(row.name);
    CHECK(page.find("# HELP " + std::string(row.name) + " ") != std::string::npos);
  }
}
