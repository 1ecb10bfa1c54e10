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
  site.page("/pub/other", {200, "xyz", {}});
  const Finding finding = site.freshness();
  CHECK(outcome(finding) == "ok");
  CHECK(finding.version == Version{sha256_hex("1723456789\n"), std::nullopt, std::nullopt});
  CHECK(finding.traffic.bytes_received == 11 + 3);
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
  CHECK(whole.traffic.bytes_received == 6);
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

// ---- markers that are read ----------------------------------------------------------------------------------

namespace {

/// The site's wall clock says 2025-08-09 09:05:00 UTC.
constexpr auto kStamp = "1754730000\n";
const Version kStampVersion{"2025-08-09T09:00:00Z", 1754730000, SysTime(std::chrono::seconds(1754730000))};

/// Pool options, on top of the defaults.
struct Epoch : Site {
  explicit Epoch(std::vector<Canary> canaries = {{"lastupdate", ""}}) : Site(std::move(canaries)) {
    run.pool.options["marker_format"] = "epoch";
    page("/pub/lastupdate", {200, kStamp, {}});
  }
};

std::string epoch_with(FakePage page) {
  Epoch site;
  site.page("/pub/lastupdate", std::move(page));
  const Finding finding = site.freshness();
  CHECK(finding.version.has_value() == !finding.failure.has_value());
  if (finding.failure) CHECK_THAT(finding.failure->detail, Catch::StartsWith("lastupdate: "));
  return outcome(finding);
}

std::string outcome(const FeedLook& look) {
  if (!look.failure) return look.version ? look.version->id : "nothing";
  return std::string(name(look.failure->layer)) + "/" + std::string(name(look.failure->reason));
}

}  // namespace

TEST_CASE("file: a marker that is read gives an ordered version") {
  Epoch site;
  const Finding finding = site.freshness();
  CHECK(outcome(finding) == "ok");
  CHECK(finding.version == kStampVersion);
  CHECK(finding.feeds.empty());
}

TEST_CASE("file: the option marker names the marker, wherever the canaries stand") {
  Epoch site({{"README", ""}, {"iso", ""}});
  site.run.pool.options["marker"] = "/lastupdate";
  site.page("/pub/README", {200, "read me", {}});
  site.page("/pub/iso", {200, "iso", {}});
  const Finding finding = site.freshness();
  CHECK(finding.version == kStampVersion);
  REQUIRE(finding.feeds.size() == 2);
  site.run.pool.options["marker"] = "README";
  site.run.pool.options["marker_format"] = "digest";
  CHECK(site.freshness().version == Version{sha256_hex("read me"), std::nullopt, std::nullopt});
  CHECK(site.freshness().feeds.size() == 1);
}

TEST_CASE("file: json and xml markers are read where the pointer leads") {
  Epoch site;
  site.run.pool.options["marker_format"] = "json:epoch";
  site.run.pool.options["marker_pointer"] = "/sync/0";
  site.page("/pub/lastupdate", {200, R"({"sync":[1754730000]})", {}});
  CHECK(site.freshness().version == kStampVersion);
  site.page("/pub/lastupdate", {200, "{\"sync\":[1754730000]" + std::string(2 * kComputeInPlace, ' ') + "}", {}});
  CHECK(site.freshness().version == kStampVersion);
  site.run.pool.options["marker_format"] = "xml:epoch";
  site.run.pool.options["marker_pointer"] = "/sync/at";
  site.page("/pub/lastupdate", {200, "<sync><at>1754730000</at></sync>", {}});
  CHECK(site.freshness().version == kStampVersion);
  site.page("/pub/lastupdate", {200, "<!DOCTYPE sync><sync><at>1754730000</at></sync>", {}});
  CHECK(outcome(site.freshness()) == "content/parse");
}

TEST_CASE("file: a key's value is read from among other lines") {
  Epoch site;
  site.run.pool.options["marker_format"] = "rfc3339";
  site.run.pool.options["marker_key"] = "date";
  site.page("/pub/lastupdate", {200, "state=1\ndate=2025-08-09T09:00:00Z\n", {}});
  CHECK(site.freshness().version == kStampVersion);
}

TEST_CASE("file: a marker that cannot be read is named by what it is, never taken for an old one") {
  const Headers html = {{"content-type", "text/html; charset=utf-8"}};
  CHECK(epoch_with({200, kStamp, {}}) == "ok");
  CHECK(epoch_with({200, kStamp, html}) == "ok");
  CHECK(epoch_with({404, "", {}}) == "http/not_found");
  CHECK(epoch_with({401, "", {}}) == "http/unauthorized");
  CHECK(epoch_with({429, "", {}}) == "http/rate_limited");
  CHECK(epoch_with({503, "", {}}) == "http/server_error");
  CHECK(epoch_with({400, "", {}}) == "http/client_error");
  CHECK(epoch_with({206, kStamp, {}}) == "http/unexpected_status");
  CHECK(epoch_with({200, "", {}}) == "content/empty");
  CHECK(epoch_with({200, "\n", {}}) == "content/empty");
  CHECK(epoch_with({200, kPage, {}}) == "content/html");
  CHECK(epoch_with({200, kPage + std::string(30'000, 'x'), {}}) == "content/html");
  CHECK(epoch_with({200, kPage + std::string(300'000, 'x'), html}) == "content/html");
  CHECK(epoch_with({200, kPage + std::string(300'000, 'x'), {}}) == "content/content_limit");
  CHECK(epoch_with({200, kStamp + std::string(5000, '\n'), {}}) == "content/content_limit");
  CHECK(epoch_with({200, "yesterday", {}}) == "content/parse");
  CHECK(epoch_with({200, "-1754730000", {}}) == "content/parse");
  CHECK(epoch_with({200, std::string("1754730000\0", 11), {}}) == "content/parse");
  CHECK(epoch_with({200, "788918399", {}}) == "content/parse");
  CHECK(epoch_with({200, "1754730900\n", {}}) == "ok");
  CHECK(epoch_with({200, "1754730901\n", {}}) == "freshness/future");
  CHECK(epoch_with({200, kStamp, {{"content-encoding", "br"}}}) == "http/encoding");
  CHECK(epoch_with({302, "", {{"location", "http://192.0.2.7/pub/lastupdate"}}}) == "http/redirect_loop");
  CHECK(epoch_with({302, "", {{"location", "http://127.0.0.1/"}}}) == "http/redirect_blocked");
}

TEST_CASE("file: max_bytes caps markers too, below what their format allows") {
  Epoch site;
  site.run.pool.options["max_bytes"] = "5";
  CHECK(outcome(site.freshness()) == "content/content_limit");
}

// ---- other files --------------------------------------------------------------------------------------------

TEST_CASE("file: canaries beside the marker, and the samples of the round, are feeds of their own") {
  Epoch site({{"lastupdate", ""}, {"a", ""}, {"gone", ""}, {"pinned", sha256_hex("p")}, {"page", ""}});
  site.page("/pub/a", {200, "aaa", {}});
  site.page("/pub/page", {200, kPage, {{"content-type", "text/html"}}});
  site.page("/pub/s0", {200, "sss", {}});
  site.page("/pub/s1", {200, "", {}});
  site.run.pool.sample = {"s0", "s1", "a", "pinned", "lastupdate"};
  site.run.pool.sample_size = 5;
  const Finding finding = site.freshness();
  CHECK(outcome(finding) == "ok");
  CHECK(finding.version == kStampVersion);
  const std::pair<std::string, std::string> rows[] = {{"a", "sha256:" + sha256_hex("aaa")},
                                                      {"gone", "http/not_found"},
                                                      {"page", "content/html"},
                                                      {"s0", "sha256:" + sha256_hex("sss")},
                                                      {"s1", "content/empty"}};
  REQUIRE(finding.feeds.size() == std::size(rows));
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    CHECK(finding.feeds[i].feed == rows[i].first);
    CHECK(outcome(finding.feeds[i]) == rows[i].second);
    if (finding.feeds[i].failure) CHECK_THAT(finding.feeds[i].failure->detail, Catch::StartsWith(rows[i].first + ": "));
  }
  CHECK(finding.traffic.requests == 6);
  CHECK(finding.traffic.bytes_received == 11 + 3 + 9 + kPage.size() + 3);
  REQUIRE(finding.http);
  CHECK(finding.http->body_bytes == 11);
}

TEST_CASE("file: samples take turns") {
  Epoch site;
  site.run.pool.sample = {"s0", "s1", "s2"};
  site.run.pool.sample_size = 2;
  const Finding finding = site.freshness();
  REQUIRE(finding.feeds.size() == 2);
  CHECK(finding.feeds[0].feed == "s0");
  CHECK(finding.feeds[1].feed == "s1");
}

TEST_CASE("file: without a marker no other file is asked for") {
  Epoch site({{"lastupdate", ""}, {"a", ""}});
  site.page("/pub/lastupdate", {200, kPage, {}});
  CHECK(outcome(site.freshness()) == "content/html");
  CHECK(site.run.net.host(kHost).requests == 1);
}

TEST_CASE("file: a canary longer than max_bytes is a feed without a version") {
  Epoch site({{"lastupdate", ""}, {"a", ""}});
  site.page("/pub/a", {200, std::string(100, 'a'), {}});
  site.run.pool.options["max_bytes"] = "99";
  const Finding finding = site.freshness();
  CHECK(outcome(finding) == "ok");
  REQUIRE(finding.feeds.size() == 1);
  CHECK(outcome(finding.feeds[0]) == "http/body_limit");
}

TEST_CASE("file: names that never change are read by the integrity check and reported") {
  Epoch site({{"lastupdate", ""}, {"a", ""}, {"p", sha256_hex("ppp")}});
  site.page("/pub/a", {200, "aaa", {}});
  site.page("/pub/p", {200, "ppp", {}});
  site.page("/pub/s", {200, "sss", {}});
  site.run.pool.sample = {"s"};
  CHECK(site.integrity().artefacts.empty());
  CHECK(site.run.net.host(kHost).requests == 1);
  site.run.pool.options["immutable"] = "true";
  const Finding finding = site.integrity();
  CHECK(outcome(finding) == "ok");
  const std::vector<Artefact> expected = {{"a", "sha256:" + sha256_hex("aaa")}, {"s", "sha256:" + sha256_hex("sss")}};
  CHECK(finding.artefacts == expected);
}

TEST_CASE("file: an immutable file that is not there, empty or a page is no artefact") {
  const auto with = [](FakePage page) {
    Epoch site({{"lastupdate", ""}, {"a", ""}});
    site.run.pool.options["immutable"] = "true";
    site.page("/pub/a", std::move(page));
    const Finding finding = site.integrity();
    CHECK(finding.artefacts.empty());
    REQUIRE(finding.failure);
    CHECK_THAT(finding.failure->detail, Catch::StartsWith("a: "));
    return outcome(finding);
  };
  CHECK(with({404, "", {}}) == "http/not_found");
  CHECK(with({200, "", {}}) == "content/empty");
  CHECK(with({200, kPage, {{"content-type", "text/html"}}}) == "content/html");
}

TEST_CASE("file: bad options are complained of before they are used, and then by name") {
  const std::map<std::string, std::string> rows[] = {{{"max_bytes", "3MiB"}},           {{"marker_format", "epok"}},
                                                     {{"marker_format", "json:epoch"}}, {{"marker_key", "date"}},
                                                     {{"marker_pointer", "/a"}},        {{"immutable", "yes"}}};
  const char* const keys[] = {"max_bytes",  "marker_format",  "marker_pointer",
                              "marker_key", "marker_pointer", "immutable"};
  const auto troubles = find_ecosystem("file")->option_troubles;
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    Site site(std::vector<Canary>{{"lastupdate", ""}});
    CHECK(troubles(site.run.pool).empty());
    for (const auto& [key, value] : rows[i]) site.run.pool.options[key] = value;
    const auto found = troubles(site.run.pool);
    REQUIRE(found.size() == 1);
    CHECK(found.front().key == keys[i]);
    CHECK(outcome(site.freshness()) == "content/local_resource");
    CHECK(outcome(site.integrity()) == "content/local_resource");
  }
}
