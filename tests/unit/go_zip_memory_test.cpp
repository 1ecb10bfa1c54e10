// A zip that was read and did not change is not downloaded again.
#include <catch2/catch.hpp>

#include "tests/support/go_site.hpp"

using namespace mw;
using namespace mw::go_site;

namespace {

const std::string kZip = kFiles + ".zip";

struct TaggedSite : Site {
  std::uint64_t zips = 0;  ///< sent whole

  TaggedSite() {
    run.validators = std::make_shared<Validators>(std::make_shared<Bodies>());
    served(kZip).headers = {{"etag", "one"}};
  }
  /// Bytes that a good look cost.
  std::uint64_t cost() {
    const Finding whole = integrity();
    CHECK_FALSE(whole.failure);
    CHECK(whole.artefacts.size() == 2);
    return whole.traffic.bytes_received;
  }
  std::uint64_t zip_size() { return served(kZip).body.size(); }
};

}  // namespace

TEST_CASE("go: a zip that was read and did not change does not travel again, until it is asked for outright") {
  TaggedSite site;
  const std::uint64_t first = site.cost();
  for (int times = 0; times < 23; ++times) CHECK(site.cost() <= first - site.zip_size());
  CHECK(site.cost() + 500 > first);
}

TEST_CASE("go: what did not travel is still compared with the .mod beside it and the checksum database") {
  TaggedSite site;
  site.cost();
  site.page(kFiles + ".mod", "module example.org/other\n");
  const Finding finding = site.integrity();
  REQUIRE(finding.failure);
  CHECK(finding.failure->layer == Layer::integrity);
}

TEST_CASE("go: another zip under another tag is read") {
  TaggedSite site;
  site.cost();
  site.served(kZip) = {200, "no zip at all, but long enough to be one", {{"etag", "two"}}};
  const Finding finding = site.integrity();
  REQUIRE(finding.failure);
  CHECK(finding.failure->layer >= Layer::content);
}

TEST_CASE("go: after a restart the words are there, and nothing to ask by: the zip is read") {
  TaggedSite site;
  const std::uint64_t first = site.cost();
  site.run.validators = std::make_shared<Validators>(std::make_shared<Bodies>());
  CHECK(site.cost() + 500 > first);
}

TEST_CASE("go: words about another file than the one that did not change call for the whole zip") {
  TaggedSite site;
  const std::uint64_t first = site.cost();
  auto& words = site.run.remembered.at("go/zip/" + kModule);
  words.replace(words.find(' ') + 1, 64, std::string(64, 'a'));
  CHECK(site.cost() + 1000 > first);
}
