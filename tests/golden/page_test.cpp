// The whole status page of a fixed picture.
#include <catch2/catch.hpp>

#include "exporter/web/pages.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/sample_site.hpp"

using namespace mw;

TEST_CASE("the status page is as agreed") {
  const auto published = std::make_shared<const Published>(sample_published());
  const std::string page = status_page({published, kSampleNow, "0.0.0", "/metrics"});
  const std::string difference = golden_difference(MW_SOURCE_DIR "/tests/golden/page.expected", page);
  INFO(difference);
  CHECK(difference.empty());
}

TEST_CASE("the status page before anything is known") {
  const std::string page = status_page({nullptr, kSampleNow, "0.0.0", "/metrics"});
  const std::string difference = golden_difference(MW_SOURCE_DIR "/tests/golden/page_starting.expected", page);
  INFO(difference);
  CHECK(difference.empty());
}
