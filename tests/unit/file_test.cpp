// The file ecosystem: markers, pinned files, and pages where a file should be.
#include <catch2/catch.hpp>

#include "probes/digest.hpp"
#include "tests/support/ecosystem_run.hpp"

using namespace mw;

namespace {

const std::string kHost = "192.0.2.7:80";
const std::string kPage = "<!DOCTYPE html><title>Sign in</title>";

struct Site {
  EcosystemRun run{"file", "http://192.0.2.7/pub", SysTime(std::chrono::seconds(1'754'730'300))};

  explicit Site(std::vector<Canary> canaries) { run.pool.canaries = std::move(canaries); }
  void page(const std::string& target, FakePage page) { run.net.host(kHost).pages[target] = std::move(page); }
  Finding freshness() { return run.look(CheckKind::freshness); }
  Finding integrity() { return run.look(CheckKind::integrity); }
};

/// "ok", or layer/reason.
std::string outcome(const Finding& finding) {
  if (!finding.failure) return "ok";
  return std::string(name(finding.failure->layer)) + "/" + std::string(name(finding.failure->reason));
}

/// The marker "lastsync" answered with a page.
std::string fresh_with(FakePage page, const Canary& canary = {"lastsync", ""}) {
  Site site({canary});
  site.page("/pub/" + canary.name, std::move(page));
  const Finding finding = site.freshness();
  CHECK(finding.version.has_value() == !finding.failure.has_value());
  return outcome(finding);
}

}  // namespace

TEST_CASE("file: the first canary is the marker, its digest the version") {
  Site site({{"lastsync", ""}, {"other", ""}});
  site.page("/pub/lastsync", {200, "1723456789\n", {}});
  const Finding finding = site.freshness();
  CHECK(outcome(finding) == "ok");
  CHECK(finding.version == Version{sha256_hex("1723456789\n"), std::nullopt, std::nullopt});
  CHECK(finding.bytes_received == 11);
  REQUIRE(finding.http);
  CHECK(*finding.http == HttpFacts{200, 11, 0, "192.0.2.7"});
  CHECK(finding.timings.connect);
}

TEST_CASE("file: without canaries, or with \".\", the mirror's URL is the marker and may be a page") {
  for (const std::vector<Canary>& canaries : {std::vector<Canary>{}, {{".", ""}}, {{"", ""}}}) {
    Site site(canaries);
    site.page("/pub", {200, kPage, {}});
    CHECK(site.freshness().version == Version{sha256_hex(kPage), std::nullopt, std::nullopt});
  }
}

TEST_CASE("file: what is no marker is named") {
  CHECK(fresh_with({404, "", {}}) == "http/not_found");
  CHECK(fresh_with({403, "", {}}) == "http/unauthorized");
  CHECK(fresh_with({204, "", {}}) == "http/unexpected_status");
  CHECK(fresh_with({200, "", {}}) == "content/empty");
  CHECK(fresh_with({200, kPage, {}}) == "content/html");
  CHECK(fresh_with({200, kPage, {}}, {"index.html", ""}) == "ok");
  CHECK(fresh_with({200, kPage, {}}, {"listing/", ""}) == "ok");
  CHECK(fresh_with({200, kPage, {}}, {"readme", sha256_hex(kPage)}) == "ok");
  CHECK(fresh_with({200, kPage, {}}, {"readme", sha256_hex("else")}) == "content/html");
}

TEST_CASE("file: trouble on the way is passed on") {
  const std::pair<const char*, const char*> rows[] = {{"refused", "connect/refused"},
                                                      {"blackhole", "connect/timeout"},
                                                      {"silent", "http/timeout"},
                                                      {"truncated", "http/truncated"}};
  for (const auto& [trouble, expected] : rows) {
    Site site({{"iso", sha256_hex("x")}});
    site.run.net.host(kHost).trouble = trouble;
    CHECK(outcome(site.freshness()) == expected);
    CHECK(outcome(site.integrity()) == expected);
    CHECK(site.run.took() <= EcosystemRun::kTimeout);
  }
}

TEST_CASE("file: every pinned canary is compared, unpinned ones are not") {
  Site site({{"marker", ""}, {"a.iso", sha256_hex("aaa")}, {"b.iso", sha256_hex("bbb")}});
  site.page("/pub/a.iso", {200, "aaa", {}});
  site.page("/pub/b.iso", {200, "bbb", {}});
  const Finding whole = site.integrity();
  CHECK(outcome(whole) == "ok");
  CHECK(whole.bytes_received == 6);
  CHECK(site.run.net.host(kHost).requests == 2);
  site.page("/pub/b.iso", {200, "bbB", {}});
  const Finding broken = site.integrity();
  CHECK(outcome(broken) == "integrity/checksum");
  CHECK(broken.failure->detail == "b.iso: got sha256 " + sha256_hex("bbB") + ", expected " + sha256_hex("bbb"));
}

TEST_CASE("file: the first failure ends the comparison") {
  Site site({{"a.iso", sha256_hex("aaa")}, {"b.iso", sha256_hex("bbb")}});
  site.page("/pub/a.iso", {200, "xxx", {}});
  site.page("/pub/b.iso", {200, "bbb", {}});
  CHECK(outcome(site.integrity()) == "integrity/checksum");
  CHECK(site.run.net.host(kHost).requests == 1);
}

TEST_CASE("file: a pinned canary that is not there, empty or a page is named as that") {
  const auto whole_with = [](FakePage page) {
    Site site({{"a.iso", sha256_hex("aaa")}});
    site.page("/pub/a.iso", std::move(page));
    return outcome(site.integrity());
  };
  CHECK(whole_with({404, "", {}}) == "http/not_found");
  CHECK(whole_with({200, "", {}}) == "content/empty");
  CHECK(whole_with({200, kPage, {{"content-type", "text/html"}}}) == "content/html");
  CHECK(whole_with({200, kPage, {}}) == "integrity/checksum");
}

TEST_CASE("file: max_bytes caps what is read, and must be a number") {
  Site site({{"a.iso", sha256_hex("aaa")}});
  site.page("/pub/a.iso", {200, "aaaa", {}});
  site.run.pool.options["max_bytes"] = "3";
  CHECK(outcome(site.freshness()) == "http/body_limit");
  CHECK(outcome(site.integrity()) == "http/body_limit");
  site.run.pool.options["max_bytes"] = "3MiB";
  CHECK(outcome(site.freshness()) == "content/local_resource");
  CHECK(outcome(site.integrity()) == "content/local_resource");
}
