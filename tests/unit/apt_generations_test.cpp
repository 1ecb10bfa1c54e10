// The apt ecosystem among generations: by-hash names, synchronisations under way, rollbacks, traces. What is half
// copied is told from what is broken, as apt-get tells it.
#include <algorithm>

#include "tests/support/apt_archive.hpp"

using namespace mw;
using namespace mw::apt_archive;

namespace {

using Asked = std::vector<std::string>;

const std::string kOld = "pool/main/h/hello/hello_1.deb";
const std::string kNew = "pool/main/h/hello/hello_2.deb";

bool half_synced(const Finding& finding) { return failed(finding, Layer::freshness, Reason::half_synced); }

/// What was said of the name that is not a hash.
FeedLook own_name_look(const Finding& finding) {
  REQUIRE(finding.feeds.size() == 1);
  return finding.feeds.front();
}

struct ByHash : Archive {
  ByHash() {
    by_hash = true;
    publish();
  }
};

}  // namespace

TEST_CASE("apt: the index is asked for by its hash, then looked at under its own name") {
  ByHash archive;
  const auto asked = archive.watch();
  const Finding whole = archive.integrity();
  CHECK(good(whole));
  CHECK(*asked == Asked{kDists + "InRelease", archive.hash_name(), archive.own_name() + " bytes=-1024", kTarget});
  CHECK(whole.traffic.requests == 4);
  const FeedLook look = own_name_look(whole);
  CHECK(look.feed == "index/" + kIndex + ".xz");
  CHECK(look.version == Version{sha256_hex(archive.index), 1754730300, kDate});
  CHECK(whole.http->status == 200);
}

TEST_CASE("apt: the strongest hash names the index, as apt does it") {
  ByHash archive;
  const std::string strong(128, 'c');
  archive.extra_files = "SHA512:\n " + strong + " " + std::to_string(archive.index.size()) + " " + kIndex + ".xz\n";
  archive.publish();
  const auto asked = archive.watch();
  CHECK(good(archive.integrity()));
  const std::string strong_name = kDists + "main/binary-amd64/by-hash/SHA512/" + strong;
  CHECK(*asked == Asked{kDists + "InRelease", strong_name, archive.own_name(), kTarget});
}

TEST_CASE("apt: what is not there by hash is taken by its name, and then in the next form") {
  ByHash archive;
  archive.served(archive.hash_name()).status = 404;
  CHECK(good(archive.integrity()));
  archive.extra_files = listing(kIndex + ".gz", packed("gz"));
  archive.publish();
  archive.page(kDists + kIndex + ".gz", packed("gz"));
  archive.served(archive.hash_name()).status = 404;
  archive.served(archive.own_name()).status = 404;
  CHECK(good(archive.integrity()));
}

TEST_CASE("apt: under the name of a hash other bytes are broken, whatever the own name holds") {
  ByHash archive;
  std::string flipped = archive.index;
  flipped[20] = static_cast<char>(flipped[20] ^ 1);
  archive.page(archive.hash_name(), flipped);
  CHECK(failed(archive.integrity(), Layer::integrity, Reason::checksum));
  archive.run.remembered["apt/index/stable/" + kIndex + ".xz"] = sha256_hex(flipped);
  CHECK(failed(archive.integrity(), Layer::integrity, Reason::checksum));
}

TEST_CASE("apt: an older index behind a good by-hash is found, and apt is fine with it") {
  const auto look_with = [](const FakePage& page) {
    ByHash archive;
    archive.served(archive.own_name()) = page;
    const Finding whole = archive.integrity();
    CHECK(good(whole));
    return own_name_look(whole);
  };
  const auto is_stale = [](const FeedLook& look) {
    return !look.version && look.failure && look.failure->layer == Layer::freshness &&
           look.failure->reason == Reason::half_synced;
  };
  const std::string index = packed("xz");
  const std::string tail = index.substr(index.size() - std::min<std::size_t>(index.size(), 1024));
  const std::string size = std::to_string(index.size());
  const auto part = [](const std::string& body, const std::string& whole) {
    return FakePage{206, body, {{"content-range", "bytes 0-1/" + whole}}};
  };
  CHECK(look_with({200, index, {}}).version);
  CHECK(look_with(part(tail, size)).version);
  CHECK(is_stale(look_with(part(tail, "77"))));
  CHECK(is_stale(look_with(part("other" + tail.substr(5), size))));
  CHECK(is_stale(look_with({200, "an older index", {}})));
  CHECK(is_stale(look_with({200, index + "x" + index, {{"content-length", "12345"}}})));
  CHECK(look_with({404, "", {}}).failure->reason == Reason::missing_artifact);
  CHECK(look_with({503, "", {}}).failure->reason == Reason::server_error);
}

TEST_CASE("apt: an index of a generation that was listed before is half synchronised") {
  Archive archive;
  archive.publish_plain(kOld, "old bytes");
  CHECK(good(archive.integrity()));
  const std::string old_index = archive.index;
  // Of the same size: only memory can tell.
  archive.publish_plain(kNew, "new bytes");
  REQUIRE(archive.index.size() == old_index.size());
  archive.page(archive.own_name(), old_index);
  CHECK(half_synced(archive.integrity()));
  archive.run.remembered.clear();
  CHECK(failed(archive.integrity(), Layer::integrity, Reason::checksum));
}

TEST_CASE("apt: an index newer than the Release is half synchronised when the reference lists it") {
  Archive archive;
  archive.publish_plain(kNew, "new bytes");
  const std::string newer = archive.index;
  const std::string key = "apt/index/stable/" + kIndex;
  archive.publish_plain(kOld, "old bytes");
  archive.page(archive.own_name(), newer);
  archive.run.reference_remembered[key] = sha256_hex(archive.index) + "\n" + sha256_hex(newer);
  CHECK(half_synced(archive.integrity()));
}

TEST_CASE("apt: a whole index of another size is half synchronised, though never seen before") {
  Archive archive;
  archive.publish_plain(kOld, "old bytes");
  for (const std::string& other : {archive.index + archive.index, archive.index.substr(0, archive.index.size() - 3)}) {
    archive.page(archive.own_name(), other);
    const Finding finding = archive.integrity();
    CHECK(half_synced(finding));
    CHECK(finding.failure->detail.find("a whole index, but not the Release's") != std::string::npos);
  }
  archive.page(archive.own_name(), "neither an index nor the right size");
  CHECK(failed(archive.integrity(), Layer::integrity, Reason::size_mismatch));
}

TEST_CASE("apt: the digests listed last are remembered, eight of them") {
  Archive archive;
  std::string latest;
  for (int i = 0; i < 12; ++i) {
    archive.publish_plain(kOld, "old bytes", std::to_string(i));
    CHECK(good(archive.integrity()));
    latest = sha256_hex(archive.index);
  }
  const std::string& memory = archive.run.remembered.at("apt/index/stable/" + kIndex);
  CHECK(memory.size() == 8 * 64 + 7);
  CHECK(memory.ends_with(latest));
}

TEST_CASE("apt: bytes damaged on their way are asked for again, damage that stays is named") {
  Archive archive;
  archive.publish();
  std::string flipped = archive.index;
  flipped[20] = static_cast<char>(flipped[20] ^ 1);
  archive.once(archive.own_name(), {200, flipped, {}});
  CHECK(good(archive.integrity()));
  std::string package = kPackage;
  package[0] = 'T';
  archive.once(kTarget, {200, package, {}});
  const Finding whole = archive.integrity();
  CHECK(good(whole));
  CHECK(whole.artefacts == std::vector<Artefact>{{kPath, "sha256:" + sha256_hex(kPackage)}});
  const auto asked = archive.watch();
  archive.page(kTarget, package);
  const Finding broken = archive.integrity();
  CHECK(failed(broken, Layer::integrity, Reason::checksum));
  CHECK(std::count(asked->begin(), asked->end(), kTarget) == 2);
  CHECK(broken.artefacts == std::vector<Artefact>{{kPath, "sha256:" + sha256_hex(package)}});
}

TEST_CASE("apt: only a file of the listed length goes to the ledger") {
  Archive archive;
  archive.publish();
  archive.page(kTarget, "cut");
  CHECK(archive.integrity().artefacts.empty());
  archive.page(kTarget, kPackage + "longer");
  CHECK(archive.integrity().artefacts.empty());
}

TEST_CASE("apt: a package newly listed may still be on its way, one that was there has been lost") {
  Archive archive;
  archive.publish_plain(kOld, "old bytes");
  CHECK(good(archive.integrity()));
  archive.publish_plain(kNew, "newer bytes");
  archive.served("/debian/" + kNew).status = 404;
  CHECK(half_synced(archive.integrity()));
  archive.publish_plain(kOld, "old bytes");
  archive.served("/debian/" + kOld).status = 404;
  CHECK(failed(archive.integrity(), Layer::integrity, Reason::missing_artifact));
  archive.run.remembered.clear();
  CHECK(failed(archive.integrity(), Layer::integrity, Reason::missing_artifact));
}

TEST_CASE("apt: a package as another generation listed it is half synchronised") {
  Archive archive;
  archive.publish_plain(kOld, "first build");
  CHECK(good(archive.integrity()));
  archive.publish_plain(kOld, "other build");
  archive.page("/debian/" + kOld, "first build");
  CHECK(half_synced(archive.integrity()));
  archive.page("/debian/" + kOld, "third build");
  CHECK(failed(archive.integrity(), Layer::integrity, Reason::checksum));
}

TEST_CASE("apt: an archive published anew while it is looked at is not broken") {
  Archive archive;
  archive.publish();
  archive.served(kTarget).status = 404;
  archive.once(kDists + "InRelease", archive.served(kDists + "InRelease"));
  CHECK(failed(archive.integrity(), Layer::integrity, Reason::missing_artifact));
  const FakePage before = archive.served(kDists + "InRelease");
  archive.page(kDists + "InRelease", "the next one");
  archive.once(kDists + "InRelease", before);
  const Finding finding = archive.integrity();
  CHECK(half_synced(finding));
  CHECK(finding.failure->detail.find("the Release has changed meanwhile") != std::string::npos);
}

TEST_CASE("apt: the suite that was asked for is the suite that is served") {
  const auto with = [](const std::string& asked, const std::string& names) {
    Archive archive;
    archive.names = names;
    archive.publish();
    archive.run.pool.options["suite"] = asked;
    archive.page("/debian/dists/" + asked + "/InRelease", archive.clearsigned());
    archive.page("/debian/dists/" + asked + "/" + kIndex + ".xz", archive.index);
    const Finding fresh = archive.freshness();
    const Finding whole = archive.integrity();
    CHECK(fresh.failure == whole.failure);
    CHECK(fresh.version.has_value() == !fresh.failure);
    return fresh;
  };
  CHECK(good(with("stable", "Suite: stable\nCodename: lab\n")));
  CHECK(good(with("lab", "Suite: stable\nCodename: lab\n")));
  CHECK(good(with("stable/updates", "Suite: stable\nCodename: lab\n")));
  CHECK(good(with("lab/updates", "Suite: stable/updates\nCodename: lab/updates\n")));
  CHECK(good(with("stable", "Origin: names neither\n")));
  const Finding other = with("stable", "Suite: oldstable\nCodename: old\n");
  CHECK(failed(other, Layer::integrity, Reason::wrong_object));
  CHECK(other.failure->detail == "Release: it is of suite \"oldstable\", codename \"old\", not of \"stable\"");
  CHECK(
      failed(with("stable", "Suite: stable-updates\nCodename: lab-updates\n"), Layer::integrity, Reason::wrong_object));
}

TEST_CASE("apt: a Release that has lost its signature is not a file that cannot be read") {
  Archive archive;
  archive.publish();
  archive.page(kDists + "InRelease", archive.text());
  const Finding finding = archive.freshness();
  CHECK(failed(finding, Layer::integrity, Reason::signature));
  CHECK(finding.failure->detail == "InRelease: a Release without its signature");
  CHECK_FALSE(finding.version);
  CHECK(failed(archive.integrity(), Layer::integrity, Reason::signature));
}

TEST_CASE("apt: a Date older than one served before is a rollback, and stays one") {
  Archive archive;
  archive.publish();
  CHECK(good(archive.freshness()));
  CHECK(archive.run.remembered.at("apt/date/stable") == "1754730300");
  archive.release_date = "Sat, 09 Aug 2025 08:05:00 UTC";
  archive.publish();
  for (int times = 0; times < 2; ++times) {
    const Finding finding = archive.freshness();
    CHECK(failed(finding, Layer::freshness, Reason::rollback));
    CHECK(finding.failure->detail == "Release: its Date is 3600 s older than one served before");
    CHECK(finding.version);
    CHECK(archive.run.remembered.at("apt/date/stable") == "1754730300");
  }
  CHECK(good(archive.integrity()));
  archive.valid_until = "Sat, 09 Aug 2025 09:00:00 UTC";
  archive.publish();
  CHECK(failed(archive.freshness(), Layer::freshness, Reason::metadata_expired));
}

TEST_CASE("apt: a Date from the future raises no high-water mark") {
  Archive archive;
  archive.publish();
  CHECK(good(archive.freshness()));
  archive.release_date = "Fri, 09 Aug 2030 09:05:00 UTC";
  archive.valid_until = "Fri, 16 Aug 2030 09:05:00 UTC";
  archive.publish();
  CHECK(failed(archive.freshness(), Layer::freshness, Reason::future));
  CHECK(archive.run.remembered.at("apt/date/stable") == "1754730300");
  archive.release_date = "Sat, 09 Aug 2025 09:05:00 UTC";
  archive.publish();
  CHECK(good(archive.freshness()));
}

TEST_CASE("apt: indexes are taken from where the Release came from, packages from the mirror") {
  Archive archive;
  archive.by_hash = true;
  archive.publish();
  const std::string other = "8.8.8.8:80";
  archive.served(kDists + "InRelease") = {302, "", {{"location", "http://8.8.8.8/lab/dists/stable/InRelease"}}};
  auto& pages = archive.run.net.host(other).pages;
  pages["/lab/dists/stable/InRelease"] = {200, archive.clearsigned(), {}};
  pages["/lab/dists/stable/" + kIndex + ".xz"] = {200, archive.index, {}};
  archive.served(archive.hash_name()).status = 404;
  archive.served(archive.own_name()) = {200, "an older one", {}};
  const auto asked = archive.watch();
  const Finding whole = archive.integrity();
  CHECK(good(whole));
  const std::string name = "main/binary-amd64/by-hash/SHA256/" + sha256_hex(archive.index);
  CHECK(*asked == Asked{kDists + "InRelease", "/lab/dists/stable/InRelease", "/lab/dists/stable/" + name, kDists + name,
                        "/lab/dists/stable/" + kIndex + ".xz", kTarget});
}

TEST_CASE("apt: a redirector is judged by where it ends, and the detail says where") {
  Archive archive;
  archive.publish();
  archive.served(kTarget) = {302, "", {{"location", "http://8.8.8.8/hello.deb"}}};
  archive.run.net.host("8.8.8.8:80").pages["/hello.deb"] = {200, std::string(kPackage.size(), 'x'), {}};
  const Finding finding = archive.integrity();
  CHECK(failed(finding, Layer::integrity, Reason::checksum));
  CHECK(finding.failure->detail.ends_with(" (redirected to 8.8.8.8)"));
  CHECK(finding.http->final_host == "8.8.8.8");
}

TEST_CASE("apt: samples are looked at in their rounds, beside the canaries") {
  Archive archive;
  archive.publish();
  archive.run.pool.sample = {"hello", "absent"};
  archive.run.pool.sample_size = 1;
  CHECK(good(archive.integrity()));
  archive.run.round = 1;
  const Finding finding = archive.integrity();
  CHECK(failed(finding, Layer::integrity, Reason::missing_artifact));
  CHECK(finding.artefacts.size() == 1);
}
