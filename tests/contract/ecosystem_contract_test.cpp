// Every ecosystem is held to the same table of troubles: the right layer and reason, no exception, no secret in
// anything it says. Knows no ecosystem by name; tests/contract/sites has a healthy site of each.
#include <catch2/catch.hpp>
#include <iostream>
#include <set>

#include "probes/formats/base64.hpp"
#include "tests/contract/canary_secret.hpp"
#include "tests/contract/troubles.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kFewestTroubles = 14;
constexpr CheckKind kLooks[] = {CheckKind::freshness, CheckKind::integrity};

std::string outcome(const std::optional<Failure>& failure) {
  return failure ? std::string(name(failure->layer)) + "/" + std::string(name(failure->reason)) : "ok";
}

bool has_version(const Finding& finding) {
  const bool every_feed = std::all_of(finding.feeds.begin(), finding.feeds.end(),
                                      [](const FeedLook& feed) { return feed.version.has_value(); });
  return every_feed && (finding.version || !finding.feeds.empty());
}

/// A look that must not throw, and must not tell.
Finding look(ContractWorld& world, CheckKind kind) {
  const std::string own = world.run.mirror.url.host;
  world.run.net.on_fetch([own](const Fetch& fetch) {
    if (fetch.url.host != own && carries_canary(fetch)) FAIL_CHECK("a secret was sent to " << fetch.url.str());
  });
  Finding finding;
  try {
    finding = world.run.look(kind);
  } catch (const std::exception& thrown) {
    FAIL_CHECK("left by exception: " << thrown.what());
  }
  for (const std::string& text : all_texts(finding))
    if (holds_canary(text)) FAIL_CHECK("a secret is told: " << text);
  CHECK(world.run.took() <= EcosystemRun::kTimeout + 2ms);
  if (finding.failure) CHECK_FALSE(finding.failure->detail.empty());
  const bool unread = finding.failure && finding.failure->layer < Layer::freshness;
  if (kind == CheckKind::freshness && unread) CHECK_FALSE(finding.version);
  for (const FeedLook& feed : finding.feeds) CHECK(feed.version.has_value() != feed.failure.has_value());
  return finding;
}

void check_healthy(ContractWorld& world) {
  const Finding fresh = look(world, CheckKind::freshness);
  CHECK(outcome(fresh.failure) == "ok");
  CHECK(has_version(fresh));
  const Finding whole = look(world, CheckKind::integrity);
  CHECK(outcome(whole.failure) == "ok");
  CHECK(whole.traffic.bytes_received > 0);
}

/// What this ecosystem must say of it: the table's word, unless the site has another.
std::string_view expected(const ContractSite& site, const ContractTrouble& trouble, CheckKind kind) {
  const bool fresh = kind == CheckKind::freshness;
  for (const Differs& differs : site.differs) {
    const std::string_view other = fresh ? differs.freshness : differs.integrity;
    if (differs.trouble == trouble.name && !other.empty()) return other;
  }
  return fresh ? trouble.freshness : trouble.integrity;
}

const std::string& victim(const ContractSite& site, CheckKind kind) {
  return kind == CheckKind::freshness ? site.marker : site.artefact;
}

void check_trouble(const NamedSite& named, const ContractTrouble& trouble, CheckKind kind) {
  ContractWorld world(named.ecosystem, named.make(), trouble.origin);
  const std::string_view wanted = expected(world.site, trouble, kind);
  if (wanted == "-") return;
  CAPTURE(named.ecosystem, trouble.name, name(kind));
  const Finding healthy = look(world, kind);
  REQUIRE(outcome(healthy.failure) == "ok");
  trouble.spoil(world, victim(world.site, kind));
  const Finding finding = look(world, kind);
  if (finding.failure) UNSCOPED_INFO(finding.failure->detail);
  CHECK(outcome(finding.failure) == wanted);
}

/// The site moves to another host, and a redirect stays behind for each file.
void move_away(ContractWorld& world) {
  world.run.configured.insert("192.0.2.9");
  auto& moved = world.run.net.host("192.0.2.9:80").pages;
  moved = world.site.pages;
  for (auto& [target, page] : world.host().pages) page = {302, "", {{"location", "http://192.0.2.9" + target}}};
}

}  // namespace

TEST_CASE("contract: every ecosystem has a site, and every site an ecosystem") {
  std::set<std::string_view> with_site;
  std::set<std::string_view> all;
  for (const NamedSite& named : contract_sites()) with_site.insert(named.ecosystem);
  for (const Ecosystem* ecosystem : ecosystems()) all.insert(ecosystem->name);
  CHECK(with_site == all);
  CHECK(all.size() >= 3);
}

TEST_CASE("contract: a healthy site is fresh and whole, and is sent the secrets") {
  for (const NamedSite& named : contract_sites())
    for (const std::string_view origin : {"http://192.0.2.7", "https://192.0.2.7", "http://mirror.example.org"}) {
      CAPTURE(named.ecosystem, origin);
      ContractWorld world(named.ecosystem, named.make(), origin);
      check_healthy(world);
      bool arrived = false;
      world.run.net.on_fetch([&arrived](const Fetch& fetch) { arrived = carries_canary(fetch); });
      world.run.look(CheckKind::freshness);
      CHECK(arrived);
    }
}

TEST_CASE("contract: each trouble has its layer and its reason") {
  for (const NamedSite& named : contract_sites())
    for (const ContractTrouble& trouble : contract_troubles())
      for (const CheckKind kind : kLooks) check_trouble(named, trouble, kind);
}

TEST_CASE("contract: what a mirror asks for when it has had enough is passed on") {
  for (const NamedSite& named : contract_sites())
    for (const ContractTrouble& trouble : contract_troubles())
      for (const CheckKind kind : kLooks) {
        ContractWorld world(named.ecosystem, named.make(), trouble.origin);
        if (expected(world.site, trouble, kind) != "http/rate_limited") continue;
        CAPTURE(named.ecosystem, name(kind));
        trouble.spoil(world, victim(world.site, kind));
        CHECK(look(world, kind).traffic.retry_after == Duration(std::chrono::seconds(120)));
      }
}

TEST_CASE("contract: no ecosystem is spared more than a few of the troubles") {
  for (const NamedSite& named : contract_sites()) {
    const ContractSite site = named.make();
    for (const CheckKind kind : kLooks) {
      const auto& troubles = contract_troubles();
      const auto arises = [&](const ContractTrouble& trouble) { return expected(site, trouble, kind) != "-"; };
      const auto count = std::count_if(troubles.begin(), troubles.end(), arises);
      std::cout << "contract: " << named.ecosystem << " " << name(kind) << ": " << count << " kinds of trouble\n";
      CHECK(static_cast<std::size_t>(count) >= kFewestTroubles);
    }
    for (const Differs& differs : site.differs) {
      CAPTURE(named.ecosystem, differs.trouble);
      CHECK_FALSE(differs.why.empty());
      CHECK(std::any_of(contract_troubles().begin(), contract_troubles().end(),
                        [&](const ContractTrouble& trouble) { return trouble.name == differs.trouble; }));
    }
  }
}

TEST_CASE("contract: whichever file of a site is spoilt, nothing is thrown and nothing told") {
  for (const NamedSite& named : contract_sites())
    for (const ContractTrouble& trouble : contract_troubles()) {
      if (!trouble.one_page) continue;
      const ContractSite site = named.make();
      for (const auto& [target, page] : site.pages) {
        if (page.body.size() <= site.flip) continue;
        CAPTURE(named.ecosystem, trouble.name, target);
        ContractWorld world(named.ecosystem, site, trouble.origin);
        trouble.spoil(world, target);
        for (const CheckKind kind : kLooks) look(world, kind);
      }
    }
}

TEST_CASE("contract: a site that has moved is healthy, and its new host gets no secret") {
  for (const NamedSite& named : contract_sites()) {
    CAPTURE(named.ecosystem);
    ContractWorld world(named.ecosystem, named.make(), kPlainOrigin);
    move_away(world);
    check_healthy(world);
    CHECK(world.run.net.host("192.0.2.9:80").requests > 1);
  }
}

TEST_CASE("contract: a secret is recognised wherever it is told") {
  CHECK(holds_canary("status 401 for " + kCanary));
  for (const std::string before : {"", "x:", "xy:", "xyz:"}) CHECK(holds_canary(base64(before + kCanary + ":x")));
  CHECK_FALSE(holds_canary("hush-hush"));
  const Failure failure{Layer::http, Reason::timeout, kCanary};
  const Version version{kCanary, std::nullopt, std::nullopt};
  Finding finding;
  finding.failure = failure;
  finding.version = version;
  finding.addresses = {{{}, failure, {}, version, {{kCanary, version, failure}}}};
  finding.feeds = {{kCanary, version, failure}};
  finding.artefacts = {{kCanary, kCanary}};
  finding.remember = {{kCanary, kCanary}};
  finding.http = HttpFacts{200, 0, 0, kCanary};
  finding.certificate = Certificate{};
  finding.certificate->names = {kCanary};
  const auto texts = all_texts(finding);
  // Three fields of the certificate are empty, and so is its fingerprint.
  CHECK(std::count_if(texts.begin(), texts.end(), &holds_canary) == 16);
}
