// The go ecosystem against a module proxy in virtual time: what is right, and each thing that can be wrong with it.
#include <catch2/catch.hpp>

#include "tests/support/go_site.hpp"

using namespace mw;
using namespace mw::go_site;

namespace {

/// "ok", or layer/reason.
std::string outcome(const std::optional<Failure>& failure) {
  if (!failure) return "ok";
  UNSCOPED_INFO(failure->detail);
  return std::string(name(failure->layer)) + "/" + std::string(name(failure->reason));
}

std::string outcome(const Finding& finding) { return outcome(finding.failure); }

std::vector<std::string> asked(Site& site, CheckKind kind) {
  std::vector<std::string> targets;
  site.run.net.on_fetch([&targets](const Fetch& fetch) { targets.push_back(fetch.url.target); });
  site.run.look(kind);
  site.run.net.on_fetch(nullptr);
  return targets;
}

/// Freshness, with the list answered so.
std::string fresh_with(FakePage list) {
  Site site;
  site.served(kModule + "/@v/list") = std::move(list);
  const Finding finding = site.freshness();
  REQUIRE(finding.feeds.size() == 1);
  CHECK(finding.feeds[0].failure == finding.failure);
  CHECK(finding.feeds[0].version.has_value() == !finding.failure.has_value());
  return outcome(finding);
}

/// Integrity, with one file of the proxy answered so.
std::string whole_with(const std::string& path, FakePage page) {
  Site site;
  site.served(path) = std::move(page);
  return outcome(site.integrity());
}

std::string info_with(const std::string& body) { return whole_with(kFiles + ".info", {200, body, {}}); }

std::string zip_with(const ZipMaker& maker) { return whole_with(kFiles + ".zip", {200, maker.bytes(), {}}); }

ZipMaker one_file(const std::string& name) {
  ZipMaker maker;
  maker.members = {{name, "x"}};
  return maker;
}

}  // namespace

TEST_CASE("go: a good proxy is fresh and whole, and says how it was seen") {
  Site site;
  const Finding fresh = site.freshness();
  CHECK(outcome(fresh) == "ok");
  CHECK(fresh.feeds.size() == 1);
  CHECK(fresh.feeds[0].feed == kModule);
  REQUIRE(fresh.feeds[0].version);
  CHECK(fresh.feeds[0].version->id == "v1.2.0");
  CHECK(fresh.feeds[0].version->order);
  CHECK_FALSE(fresh.version);
  CHECK(fresh.traffic.requests == 1);
  CHECK(fresh.http->status == 200);
  CHECK(fresh.timings.processing);
  const Finding whole = site.integrity();
  CHECK(outcome(whole) == "ok");
  CHECK(whole.artefacts ==
        std::vector<Artefact>{{"example.org/m@v1.2.0", site.h1}, {"example.org/m@v1.2.0/go.mod", site.mod_h1}});
  CHECK(whole.traffic.requests >= 7);
  CHECK(whole.remember.at("sumdb/sum.example.org") == site.tree.signed_head(site.tree.size()));
}

TEST_CASE("go: what is asked, in which order") {
  Site site;
  CHECK(asked(site, CheckKind::freshness) == std::vector<std::string>{"/go/example.org/m/@v/list"});
  const auto targets = asked(site, CheckKind::integrity);
  REQUIRE(targets.size() >= 6);
  CHECK(std::vector<std::string>(targets.begin(), targets.begin() + 6) ==
        std::vector<std::string>{"/go/sumdb/sum.example.org/supported", "/go/example.org/m/@v/list",
                                 "/go/example.org/m/@v/v1.2.0.info", "/go/example.org/m/@v/v1.2.0.mod",
                                 "/go/example.org/m/@v/v1.2.0.zip",
                                 "/go/sumdb/sum.example.org/lookup/example.org/m@v1.2.0"});
}

TEST_CASE("go: capitals are asked for as the go command does, credentials go along, fetching can be forbidden") {
  Site site;
  site.run.pool.canaries = {{"github.com/Azure/Go", ""}};
  site.run.mirror.credentials.user = "ci";
  site.run.pool.options["cached_only"] = "header";
  Fetch seen;
  site.run.net.on_fetch([&seen](const Fetch& fetch) { seen = fetch; });
  site.freshness();
  CHECK(seen.url.target == "/go/github.com/%21azure/%21go/@v/list");
  CHECK(seen.credentials.user == "ci");
  const auto forbids = [](const Fetch& fetch) {
    return std::count(fetch.headers.begin(), fetch.headers.end(),
                      std::pair<std::string, std::string>("Disable-Module-Fetch", "true")) == 1;
  };
  CHECK(forbids(seen));
  site.run.pool.options["cached_only"] = "no";
  site.freshness();
  CHECK_FALSE(forbids(seen));
}

TEST_CASE("go: trouble on the way is passed on, and the rest is not asked") {
  const std::pair<const char*, const char*> rows[] = {{"refused", "connect/refused"},
                                                      {"blackhole", "connect/timeout"},
                                                      {"silent", "http/timeout"},
                                                      {"truncated", "http/truncated"},
                                                      {"reset", "http/reset"}};
  for (const auto& [trouble, expected] : rows) {
    Site site;
    site.run.pool.canaries.push_back({"example.org/other", ""});
    site.run.net.host(kHost).trouble = trouble;
    const Finding fresh = site.freshness();
    CHECK(outcome(fresh) == expected);
    CHECK(fresh.feeds.size() == 2);
    for (const FeedLook& one : fresh.feeds) CHECK(outcome(one.failure) == expected);
    const bool gone = std::string(expected).starts_with("connect/") || std::string(expected).ends_with("/timeout");
    CHECK(fresh.traffic.requests == (gone ? 1 : 2));
    CHECK(site.run.took() <= EcosystemRun::kTimeout + 2ms);
    CHECK(outcome(site.integrity()) == expected);
    CHECK(site.run.took() <= EcosystemRun::kTimeout + 2ms);
  }
}

TEST_CASE("go: a list that is none is named") {
  CHECK(fresh_with({404, "not found: unknown module", {}}) == "http/not_found");
  CHECK(fresh_with({410, "", {}}) == "http/not_found");
  CHECK(fresh_with({403, "", {}}) == "http/unauthorized");
  CHECK(fresh_with({429, "", {}}) == "http/rate_limited");
  CHECK(fresh_with({500, "", {}}) == "http/server_error");
  CHECK(fresh_with({502, kPage, {}}) == "http/server_error");
  CHECK(fresh_with({204, "", {}}) == "http/unexpected_status");
  CHECK(fresh_with({200, kPage, {}}) == "content/html");
  CHECK(fresh_with({200, "not found\n", {}}) == "content/parse");
  CHECK(fresh_with({200, std::string(2000, 'v'), {}}) == "content/content_limit");
  CHECK(fresh_with({200, std::string(17'000'000, '\n'), {}}) == "http/body_limit");
  CHECK(fresh_with({200, "junk\nv1.0.0\r\n\r\nv1\n", {}}) == "ok");
}

TEST_CASE("go: without tagged versions @latest counts, and without that the latest commit") {
  Site site;
  const std::string older = "v0.0.0-20181109021931-daa7c04131f5";
  const std::string newer = "v0.0.0-20191109021931-daa7c04131f5";
  const auto latest = [&site](FakePage page) {
    site.served(kModule + "/@latest") = std::move(page);
    const Finding finding = site.freshness();
    return finding.failure ? outcome(finding) : finding.feeds[0].version->id;
  };
  site.page(kModule + "/@v/list", "");
  CHECK(latest({200, R"({"Version":"v1.0.0-rc.1"})", {}}) == "v1.0.0-rc.1");
  CHECK(latest({200, R"({"Version":")" + newer + R"(","Time":null})", {}}) == newer);
  CHECK(latest({200, R"({"Version":"v1.0.0","Time":"0001-01-01T00:00:00Z"})", {}}) == "v1.0.0");
  CHECK_FALSE(site.freshness().feeds[0].version->time);
  CHECK(latest({200, R"({"Version":"main"})", {}}) == "content/parse");
  CHECK(latest({200, R"({"Time":"2024-07-02T08:24:45Z"})", {}}) == "content/parse");
  CHECK(latest({200, "v1.0.0", {}}) == "content/parse");
  CHECK(latest({200, kPage, {}}) == "content/html");
  CHECK(latest({200, " \n", {}}) == "content/empty");
  CHECK(latest({503, "", {}}) == "http/server_error");
  CHECK(latest({404, "", {}}) == "content/empty");
  site.page(kModule + "/@v/list", newer + "\n" + older + "\n");
  CHECK(latest({404, "", {}}) == newer);
  CHECK(site.freshness().feeds[0].version ==
        Version{newer, std::nullopt, SysTime(std::chrono::seconds(1'573'265'971))});
  CHECK(latest({200, R"({"Version":"v1.0.0","Time":"2024-07-02T08:24:45Z"})", {}}) == "v1.0.0");
  CHECK(site.freshness().feeds[0].version->time == SysTime(std::chrono::seconds(1'719'908'685)));
}

TEST_CASE("go: incompatible versions count unless the newest other has a go.mod of its own") {
  Site site;
  site.page(kModule + "/@v/list", "v1.2.0\nv3.0.0+incompatible\n");
  const auto newest = [&site] {
    const Finding finding = site.freshness();
    CHECK(finding.traffic.requests == 2);
    return finding.failure ? outcome(finding) : finding.feeds[0].version->id;
  };
  CHECK(newest() == "v1.2.0");
  site.page(kFiles + ".mod", "module example.org/m\n");
  CHECK(newest() == "v3.0.0+incompatible");
  site.drop(kFiles + ".mod");
  CHECK(newest() == "http/not_found");
}

TEST_CASE("go: each module is a feed, and the first failure is the finding's") {
  Site site;
  site.run.pool.canaries = {{"example.org/none", ""}, {kModule + "@v1.0.0", ""}, {"example.org/broken", ""}};
  site.run.pool.sample = {kModule, "example.org/s1", "example.org/s2", "example.org/s3"};
  site.run.pool.sample_size = 2;
  site.served("example.org/broken/@v/list") = {500, "", {}};
  for (const char* one : {"example.org/s1", "example.org/s2", "example.org/s3"})
    site.page(std::string(one) + "/@v/list", "v0.1.0\n");
  const auto feeds = [&site](std::uint64_t round) {
    site.run.round = round;
    std::vector<std::string> names;
    for (const FeedLook& one : site.freshness().feeds) names.push_back(one.feed + " " + outcome(one.failure));
    return names;
  };
  const std::vector<std::string> first = {"example.org/none http/not_found", "example.org/m ok",
                                          "example.org/broken http/server_error", "example.org/s1 ok"};
  CHECK(feeds(0) == first);
  CHECK(outcome(site.freshness()) == "http/not_found");
  CHECK(feeds(1).size() == 5);
  CHECK(feeds(1)[4] == "example.org/s3 ok");
}

TEST_CASE("go: an .info that is not of the version is found") {
  CHECK(info_with(R"({"Version":"v1.2.0"})") == "ok");
  CHECK(info_with(R"({"Version":"v1.2.0","Time":"0001-01-01T00:00:00Z"})") == "ok");
  CHECK(info_with(R"({"Version":"v1.0.0"})") == "integrity/wrong_object");
  CHECK(info_with(R"({"Version":"v1.2.0","Time":"yesterday"})") == "content/parse");
  CHECK(info_with(R"({"Version":"v1.2.0","Time":"2024-02-30T00:00:00Z"})") == "content/parse");
  CHECK(info_with(R"({"Version":"v1.2.0"}})") == "content/parse");
  CHECK(info_with(R"({"Version":"v1.2.0","Version":"v1.0.0"})") == "content/parse");
  CHECK(info_with(R"({"Version":["v1.2.0"]})") == "content/parse");
  CHECK(info_with(R"({"Time":"2024-07-02T08:24:45Z"})") == "content/parse");
  CHECK(info_with(std::string(100'000, '[')) == "content/content_limit");
  CHECK(info_with(kPage) == "content/html");
  CHECK(info_with("") == "content/empty");
  CHECK(info_with(std::string(2'000'000, ' ')) == "http/body_limit");
  CHECK(whole_with(kFiles + ".info", {404, "", {}}) == "http/not_found");
}

TEST_CASE("go: a .mod that is not the version's is found") {
  const auto mod_with = [](FakePage page) { return whole_with(kFiles + ".mod", std::move(page)); };
  CHECK(mod_with({200, kGoMod + "\n", {}}) == "integrity/checksum");
  CHECK(mod_with({200, kPage, {}}) == "content/html");
  CHECK(mod_with({200, "", {}}) == "content/empty");
  CHECK(mod_with({404, "", {}}) == "http/not_found");
  CHECK(mod_with({500, "", {}}) == "http/server_error");
}

TEST_CASE("go: a .zip that is not the version's is found") {
  const auto answered = [](FakePage page) { return whole_with(kFiles + ".zip", std::move(page)); };
  const std::string good = module_zip({kModule, "v1.2.0"}, kGoMod);
  std::string flipped = good;
  flipped[good.find("package m")] = 'P';
  CHECK(answered({200, flipped, {}}) == "integrity/checksum");
  CHECK(answered({200, good.substr(0, good.size() - 5), {}}) == "content/parse");
  CHECK(answered({200, good + "x", {}}) == "content/parse");
  CHECK(answered({200, kPage, {}}) == "content/html");
  CHECK(answered({200, "", {}}) == "content/empty");
  CHECK(answered({404, "", {}}) == "integrity/missing_artifact");
  CHECK(answered({200, module_zip({kModule, "v1.0.0"}, kGoMod), {}}) == "integrity/wrong_object");
  CHECK(zip_with(one_file(kModule + "@v1.2.0/m.go")) == "integrity/checksum");
  CHECK(zip_with(one_file(kModule + "@v1.2.0/../x")) == "content/parse");
  CHECK(zip_with(ZipMaker()) == "content/empty");
  ZipMaker bomb = one_file(kModule + "@v1.2.0/m.go");
  bomb.members[0].method = 8;
  bomb.members[0].size = 100'000'000;
  CHECK(zip_with(bomb) == "content/content_limit");
  ZipMaker link = one_file(kModule + "@v1.2.0/m.go");
  link.members[0].made_by = 3;
  link.members[0].attributes = 0120777U << 16U;
  CHECK(zip_with(link) == "content/parse");
}

TEST_CASE("go: a zip too large for memory's sake is read on another thread, and capped") {
  Site site;
  ZipMaker maker;
  std::string noise(3'000'000, 'x');
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<char>(i * i >> 7U);
  maker.members = {{kModule + "@v1.2.0/go.mod", kGoMod}, {kModule + "@v1.2.0/noise", noise}};
  site.page(kFiles + ".zip", maker.bytes());
  site.run.pool.options["sumdb"] = "off";
  const Finding whole = site.integrity();
  CHECK(outcome(whole) == "ok");
  CHECK(whole.artefacts.front().digest ==
        *dirhash({{maker.members[0].name, sha256_hex(kGoMod)}, {maker.members[1].name, sha256_hex(noise)}}));
  site.run.pool.options["max_zip_bytes"] = "2000000";
  CHECK(outcome(site.integrity()) == "http/body_limit");
}

TEST_CASE("go: hashes that the checksum database does not have are found, and named") {
  const std::string other = some_h1("other");
  Site zip;
  zip.tree = SumTree();
  zip.serve_sums(kModule + " v1.2.0 " + other + "\n" + kModule + " v1.2.0/go.mod " + zip.mod_h1 + "\n");
  const Finding finding = zip.integrity();
  CHECK(outcome(finding) == "integrity/checksum");
  CHECK(finding.failure->detail ==
        "example.org/m@v1.2.0: served is " + zip.h1 + ", the checksum database has " + other);
  CHECK(finding.artefacts.size() == 2);
  Site mod;
  mod.tree = SumTree();
  mod.serve_sums(kModule + " v1.2.0 " + mod.h1 + "\n" + kModule + " v1.2.0/go.mod " + other + "\n");
  CHECK(outcome(mod.integrity()) == "integrity/checksum");
  CHECK(mod.integrity().failure->detail.starts_with("example.org/m@v1.2.0/go.mod: served is " + mod.mod_h1));
}

TEST_CASE("go: a mirror of the checksum database that lies or breaks is found") {
  const auto lookup = kDatabase + "lookup/example.org/m@v1.2.0";
  CHECK(whole_with(lookup, {404, "", {}}) == "integrity/missing_artifact");
  CHECK(whole_with(lookup, {500, "", {}}) == "http/server_error");
  CHECK(whole_with(lookup, {200, kPage, {}}) == "content/html");
  CHECK(whole_with(kDatabase + "supported", {500, "", {}}) == "http/server_error");
  CHECK(whole_with(kDatabase + "supported", {403, "", {}}) == "http/unauthorized");
  Site forged;
  SumTree stranger("sum.example.org", 8);
  stranger.add(kModule + " v1.2.0 " + forged.h1 + "\n" + kModule + " v1.2.0/go.mod " + forged.mod_h1 + "\n");
  forged.page(lookup, stranger.lookup(0, 1));
  CHECK(outcome(forged.integrity()) == "integrity/signature");
}

TEST_CASE("go: without the database at the mirror its own server is asked, which is not held against the mirror") {
  Site site;
  std::map<std::string, FakePage> pages;
  for (const auto& [path, page] : site.pages())
    if (path.starts_with("/go/" + kDatabase)) pages[path.substr(kDatabase.size() + 3)] = page;
  site.drop(kDatabase + "supported");
  site.run.net.name_is("sum.example.org", Answer{{}, {*parse_address("9.9.9.9")}, {}});
  FakeHost& own = site.run.net.host("9.9.9.9:443");
  own.pages = pages;
  CHECK(outcome(site.integrity()) == "ok");
  CHECK(own.requests > 1);
  own.pages.erase("/lookup/example.org/m@v1.2.0");
  CHECK(outcome(site.integrity()) == "integrity/missing_artifact");
  own.pages["/lookup/example.org/m@v1.2.0"] = {503, "", {}};
  CHECK(outcome(site.integrity()) == "http/local_resource");
  own.pages["/lookup/example.org/m@v1.2.0"] = {200, kPage, {}};
  CHECK(outcome(site.integrity()) == "content/local_resource");
  own.trouble = "refused";
  CHECK(outcome(site.integrity()) == "connect/local_resource");
  // 410 is the other way to say so.
  site.served(kDatabase + "supported") = {410, "", {}};
  CHECK(outcome(site.integrity()) == "connect/local_resource");
}

TEST_CASE("go: with a URL in the option no mirror is asked for the database") {
  Site site;
  site.run.pool.options["sumdb"] += " http://192.0.2.7/go/" + kDatabase;
  const auto targets = asked(site, CheckKind::integrity);
  CHECK(std::count(targets.begin(), targets.end(), "/go/" + kDatabase + "supported") == 0);
  CHECK(std::count(targets.begin(), targets.end(), "/go/" + kDatabase + "lookup/example.org/m@v1.2.0") == 1);
}

TEST_CASE("go: without a database hashes are reported, and the .mod must be the zip's") {
  Site site;
  site.run.pool.options["sumdb"] = "off";
  const Finding whole = site.integrity();
  CHECK(outcome(whole) == "ok");
  CHECK(whole.artefacts.size() == 2);
  CHECK(whole.traffic.requests == 4);
  site.page(kFiles + ".mod", kGoMod + "// longer\n");
  CHECK(outcome(site.integrity()) == "integrity/checksum");
  CHECK(site.integrity().artefacts.size() == 2);
}

TEST_CASE("go: zips are left alone when told so") {
  Site site;
  site.run.pool.options["verify_zip"] = "false";
  const auto targets = asked(site, CheckKind::integrity);
  CHECK(std::count(targets.begin(), targets.end(), "/go/" + kFiles + ".zip") == 0);
  const Finding whole = site.integrity();
  CHECK(outcome(whole) == "ok");
  CHECK(whole.artefacts == std::vector<Artefact>{{"example.org/m@v1.2.0/go.mod", site.mod_h1}});
}

TEST_CASE("go: a pinned version is looked at without a list, and a pinned digest is that of the zip's bytes") {
  Site site;
  site.run.pool.canaries = {{kModule + "@v1.2.0", ""}};
  site.drop(kModule + "/@v/list");
  CHECK(outcome(site.integrity()) == "ok");
  site.run.pool.canaries[0].sha256 = sha256_hex(module_zip(site.module, kGoMod));
  CHECK(outcome(site.integrity()) == "ok");
  site.run.pool.canaries[0].sha256 = sha256_hex("else");
  CHECK(outcome(site.integrity()) == "integrity/checksum");
}

TEST_CASE("go: the first canary that fails ends the comparison") {
  Site site;
  site.run.pool.canaries = {{"example.org/none", ""}, {kModule, ""}};
  const Finding finding = site.integrity();
  CHECK(outcome(finding) == "http/not_found");
  CHECK(finding.artefacts.empty());
  CHECK(finding.traffic.requests == 2);
}

TEST_CASE("go: the head of the database is a feed once the mirror is known to have it") {
  Site site;
  site.run.remembered = site.integrity().remember;
  const Finding fresh = site.freshness();
  CHECK(outcome(fresh) == "ok");
  REQUIRE(fresh.feeds.size() == 2);
  CHECK(fresh.feeds[1].feed == "sumdb/sum.example.org");
  CHECK(fresh.feeds[1].version->order == static_cast<std::int64_t>(site.tree.size()));
  // The go command never asks for it: that it is missing breaks nobody.
  site.drop(kDatabase + "latest");
  const Finding without = site.freshness();
  CHECK(outcome(without) == "ok");
  CHECK(outcome(without.feeds[1].failure) == "http/not_found");
  SumTree fork("sum.example.org");
  fork.grow(site.tree.size(), "other");
  site.page(kDatabase + "latest", fork.signed_head(fork.size()));
  CHECK(outcome(site.freshness()) == "integrity/fork");
}

TEST_CASE("go: what is configured wrongly is our own trouble") {
  const auto with = [](const std::string& key, const std::string& value) {
    Site site;
    site.run.pool.options[key] = value;
    CHECK(outcome(site.freshness()) == outcome(site.integrity()));
    CHECK(site.run.net.host(kHost).requests == 0);
    return outcome(site.integrity());
  };
  CHECK(with("sumdb", "nobody.example.org") == "content/local_resource");
  CHECK(with("sumdb", "") == "content/local_resource");
  CHECK(with("verify_zip", "maybe") == "content/local_resource");
  CHECK(with("cached_only", "yes") == "content/local_resource");
  CHECK(with("max_zip_bytes", "1 GB") == "content/local_resource");
  CHECK(with("max_zip_bytes", "524288001") == "content/local_resource");
  for (const char* canary :
       {"", "no dots", "example.org/v1", "example.org/../m", "example.org/m@", "example.org/m@main", "example.org/m@v1",
        "example.org/m@v2.0.0", "example.org/m@v1.0.0@v1.1.0"}) {
    INFO(canary);
    Site site;
    site.run.pool.canaries = {{canary, ""}};
    CHECK(outcome(site.integrity()) == "content/local_resource");
  }
  Site nothing;
  nothing.run.pool.canaries.clear();
  CHECK(outcome(nothing.freshness()) == "content/local_resource");
  CHECK(outcome(nothing.integrity()) == "content/local_resource");
}
