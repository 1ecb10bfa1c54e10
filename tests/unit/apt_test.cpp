// The apt ecosystem against an archive in virtual time: what is right, and each thing that can be wrong with it.
#include <catch2/catch.hpp>

#include "tests/support/apt_archive.hpp"
#include "tests/support/real_gpgv.hpp"

using namespace mw;
using namespace mw::apt_archive;
using namespace std::chrono_literals;

TEST_CASE("apt: a good archive is fresh and whole, and says how it was seen") {
  Archive archive;
  archive.publish();
  const Finding fresh = archive.freshness();
  CHECK(good(fresh));
  REQUIRE(fresh.version);
  CHECK(*fresh.version == Version{sha256_hex(archive.text()), 1754730300, kDate});
  CHECK(fresh.valid_until == kDate + 168h);
  REQUIRE(fresh.http);
  CHECK(fresh.http->status == 200);
  CHECK(fresh.http->final_host == "192.0.2.7");
  CHECK(fresh.traffic.bytes_received == archive.clearsigned().size());
  CHECK(fresh.timings.processing);
  const Finding whole = archive.integrity();
  CHECK(good(whole));
  CHECK(whole.version == fresh.version);
  CHECK(whole.traffic.bytes_received == archive.clearsigned().size() + archive.index.size() + kPackage.size());
}

TEST_CASE("apt: gpgv is asked for the keyring that was configured, within the deadline") {
  Archive archive;
  archive.publish();
  Command seen;
  archive.run.net.on_run([&seen](const Command& command) {
    seen = command;
    return Ran{};
  });
  archive.freshness();
  CHECK(seen.argv == std::vector<std::string>{"gpgv", "--quiet", "--status-fd", "2", "--keyring", "/etc/keys/lab.gpg",
                                              "--output", "-", "-"});
  CHECK(seen.timeout <= EcosystemRun::kTimeout);
  archive.run.pool.options["keyring"] = "lab.gpg";
  archive.freshness();
  CHECK(seen.argv[5] == "./lab.gpg");
}

TEST_CASE("apt: trouble on the way is passed on") {
  const std::tuple<const char*, Layer, Reason> rows[] = {
      {"refused", Layer::connect, Reason::refused}, {"blackhole", Layer::connect, Reason::timeout},
      {"silent", Layer::http, Reason::timeout},     {"truncated", Layer::http, Reason::truncated},
      {"reset", Layer::http, Reason::reset},
  };
  for (const auto& [trouble, layer, reason] : rows) {
    Archive archive;
    archive.publish();
    archive.run.net.host(kHost).trouble = trouble;
    CHECK(failed(archive.freshness(), layer, reason));
    CHECK(failed(archive.integrity(), layer, reason));
  }
}

TEST_CASE("apt: what is no InRelease is not believed") {
  const auto freshness_with = [](FakePage page) {
    Archive archive;
    archive.publish();
    archive.served(kDists + "InRelease") = std::move(page);
    const Finding finding = archive.freshness();
    CHECK_FALSE(finding.version);
    CHECK_FALSE(finding.valid_until);
    return finding;
  };
  const std::string good_file = Archive().clearsigned();
  CHECK(failed(freshness_with({404, "no", {}}), Layer::http, Reason::not_found));
  CHECK(failed(freshness_with({206, good_file, {}}), Layer::http, Reason::unexpected_status));
  CHECK(failed(freshness_with({503, "", {}}), Layer::http, Reason::server_error));
  CHECK(failed(freshness_with({200, "<html>portal</html>", {}}), Layer::content, Reason::html));
  CHECK(failed(freshness_with({200, "", {}}), Layer::content, Reason::empty));
  CHECK(failed(freshness_with({200, "Origin: Evil\n" + good_file, {}}), Layer::content, Reason::parse));
  CHECK(failed(freshness_with({200, good_file + good_file, {}}), Layer::content, Reason::parse));
  CHECK(failed(freshness_with({200, std::string(10'000'001, 'x'), {}}), Layer::http, Reason::body_limit));
}

TEST_CASE("apt: only what gpgv vouches for counts") {
  const std::pair<std::string, const char*> rows[] = {
      {"[GNUPG:] NEWSIG\n[GNUPG:] BADSIG AA Lab\n", "does not match"},
      {"[GNUPG:] NEWSIG\n[GNUPG:] EXPKEYSIG AA Lab\n[GNUPG:] VALIDSIG F1 2025-08-09 1 0 4 0 1 8 01 F1\n",
       "expired key"},
      {"[GNUPG:] NEWSIG\n[GNUPG:] ERRSIG AA 1 8 01 1 9 F1\n", "not in the keyring"},
      {"", "no signature"},
  };
  for (const auto& [status, words] : rows) {
    Archive archive;
    archive.gpgv_status = status;
    archive.publish();
    const Finding fresh = archive.freshness();
    CHECK(failed(fresh, Layer::integrity, Reason::signature));
    CHECK(fresh.failure->detail.find(words) != std::string::npos);
    CHECK_FALSE(fresh.version);
    CHECK(failed(archive.integrity(), Layer::integrity, Reason::signature));
  }
}

TEST_CASE("apt: gpgv's text is used, not the mirror's") {
  Archive archive;
  archive.publish();
  archive.run.net.on_run([](const Command&) {
    Ran ran;
    ran.exit_code = 0;
    ran.out = "no Release at all";
    ran.err = kGoodStatus;
    return ran;
  });
  CHECK(failed(archive.freshness(), Layer::content, Reason::parse));
}

TEST_CASE("apt: a gpgv that cannot work is our own trouble") {
  Archive archive;
  archive.publish();
  const auto with = [&archive](Ran ran) {
    archive.run.net.on_run([ran](const Command&) { return ran; });
    return archive.freshness();
  };
  const Failure slow{Layer::integrity, Reason::timeout, "took too long"};
  CHECK(failed(with({Failure{Layer::integrity, Reason::local_resource, "gpgv: not found"}, -1, "", ""}),
               Layer::integrity, Reason::local_resource));
  CHECK(failed(with({slow, -1, "", ""}), Layer::integrity, Reason::local_resource));
  CHECK(failed(with({std::nullopt, 2, "", "[GNUPG:] ERROR add_keyblock_resource 33587281\n"}), Layer::integrity,
               Reason::local_resource));
  CHECK(failed(with({std::nullopt, 139, "x", kGoodStatus}), Layer::integrity, Reason::local_resource));
}

TEST_CASE("apt: dates are judged by the wall clock, and the version is kept") {
  const auto at = [](SysTime wall) {
    Archive archive;
    archive.publish();
    archive.run.net.step_wall(wall - archive.run.net.wall());
    const Finding fresh = archive.freshness();
    REQUIRE(fresh.version);
    CHECK(fresh.version->time == kDate);
    CHECK(fresh.valid_until);
    CHECK(good(archive.integrity()));
    return fresh;
  };
  // Fetching and verifying take 2 ms of virtual time.
  CHECK(good(at(kDate - 9s)));
  CHECK(failed(at(kDate - 11s), Layer::freshness, Reason::future));
  CHECK(good(at(kDate + 168h - 1s)));
  CHECK(failed(at(kDate + 168h), Layer::freshness, Reason::metadata_expired));
}

TEST_CASE("apt: an absent Valid-Until is normal, an unreadable one is not") {
  Archive archive;
  archive.valid_until = "whenever";
  archive.publish();
  CHECK(failed(archive.freshness(), Layer::content, Reason::parse));
}

TEST_CASE("apt: an index that is not the listed one is found") {
  const auto integrity_with = [](FakePage page) {
    Archive archive;
    archive.publish();
    archive.served(kDists + kIndex + ".xz") = std::move(page);
    return archive.integrity();
  };
  std::string flipped = packed("xz");
  flipped[20] = static_cast<char>(flipped[20] ^ 1);
  CHECK(failed(integrity_with({200, flipped, {}}), Layer::integrity, Reason::checksum));
  CHECK(failed(integrity_with({200, packed("xz") + "x", {}}), Layer::integrity, Reason::size_mismatch));
  CHECK(failed(integrity_with({200, packed("xz") + "xyz", {}}), Layer::integrity, Reason::size_mismatch));
  CHECK(failed(integrity_with({200, packed("xz").substr(1), {}}), Layer::integrity, Reason::size_mismatch));
  CHECK(failed(integrity_with({200, "<html></html>", {}}), Layer::content, Reason::html));
  CHECK(failed(integrity_with({200, "", {}}), Layer::content, Reason::empty));
  CHECK(failed(integrity_with({404, "", {}}), Layer::integrity, Reason::missing_artifact));
  CHECK(failed(integrity_with({500, "", {}}), Layer::http, Reason::server_error));
}

TEST_CASE("apt: the next form of the index is taken where one is not served") {
  Archive archive;
  archive.index_suffix = ".gz";
  archive.index = packed("gz");
  archive.extra_files =
      listing(kIndex + ".xz", packed("xz")) + listing(kIndex, source_file("tests/fixtures/apt/Packages"));
  archive.publish();
  CHECK(good(archive.integrity()));
  archive.index_suffix = "";
  archive.index = source_file("tests/fixtures/apt/Packages");
  archive.extra_files = "";
  archive.publish();
  CHECK(good(archive.integrity()));
}

TEST_CASE("apt: files are taken as served: a .gz may be called coded, an InRelease may not") {
  Archive archive;
  archive.index_suffix = ".gz";
  archive.index = packed("gz");
  archive.publish();
  archive.served(kDists + kIndex + ".gz").headers = {{"content-encoding", "gzip"}};
  CHECK(good(archive.integrity()));
  archive.served(kDists + "InRelease") = {200, packed("gz"), {{"content-encoding", "gzip"}}};
  CHECK(failed(archive.freshness(), Layer::content, Reason::parse));
}

TEST_CASE("apt: an index that is not listed, or listed too large, is not asked for") {
  Archive archive;
  archive.run.pool.options["architecture"] = "riscv64";
  archive.publish();
  CHECK(failed(archive.integrity(), Layer::integrity, Reason::missing_artifact));
  Archive huge;
  huge.index_suffix = ".gz";
  huge.index = packed("gz");
  huge.extra_files = " " + std::string(64, 'a') + " 999999999999 " + kIndex + ".xz\n";
  huge.publish();
  CHECK(failed(huge.integrity(), Layer::content, Reason::content_limit));
}

TEST_CASE("apt: a bomb and a corrupt index are told apart, though their hashes match") {
  Archive archive;
  archive.index = source_file("tests/fixtures/packed/bomb.xz");
  archive.publish();
  CHECK(failed(archive.integrity(), Layer::content, Reason::content_limit));
  archive.index = "not xz at all";
  archive.publish();
  CHECK(failed(archive.integrity(), Layer::content, Reason::parse));
  archive.index = packed("xz");
  archive.extra_files = listing(kIndex, "smaller");
  archive.publish();
  CHECK(failed(archive.integrity(), Layer::content, Reason::content_limit));
}

TEST_CASE("apt: a package that is not the listed one is found") {
  const auto integrity_with = [](FakePage page) {
    Archive archive;
    archive.publish();
    archive.served(kTarget) = std::move(page);
    return archive.integrity();
  };
  std::string flipped = kPackage;
  flipped[0] = 'T';
  const Finding wrong = integrity_with({200, flipped, {}});
  CHECK(failed(wrong, Layer::integrity, Reason::checksum));
  CHECK(wrong.failure->detail == kPath + ": got sha256 " + sha256_hex(flipped) + ", expected " + sha256_hex(kPackage));
  CHECK(failed(integrity_with({200, kPackage + "x", {}}), Layer::integrity, Reason::size_mismatch));
  CHECK(failed(integrity_with({200, std::string(5000, 'x'), {}}), Layer::integrity, Reason::size_mismatch));
  const Headers html = {{"content-type", "text/html; charset=utf-8"}};
  CHECK(failed(integrity_with({200, "short", html}), Layer::content, Reason::html));
  CHECK(failed(integrity_with({404, "", {}}), Layer::integrity, Reason::missing_artifact));
  CHECK(failed(integrity_with({403, "", {}}), Layer::http, Reason::unauthorized));
}

TEST_CASE("apt: a canary must be in the index, readable, and match its pin") {
  Archive archive;
  archive.publish();
  archive.run.pool.canaries = {{"absent", ""}};
  CHECK(failed(archive.integrity(), Layer::integrity, Reason::missing_artifact));
  archive.run.pool.canaries = {{"evil", ""}};
  CHECK(failed(archive.integrity(), Layer::content, Reason::parse));
  archive.run.pool.canaries = {{"hello", sha256_hex(kPackage)}};
  CHECK(good(archive.integrity()));
  archive.run.pool.canaries = {{"hello", std::string(64, 'a')}};
  CHECK(failed(archive.integrity(), Layer::integrity, Reason::checksum));
  archive.run.pool.canaries.clear();
  CHECK(good(archive.integrity()));
}

TEST_CASE("apt: with the real gpgv, a signed archive is fresh and whole and a forged one is neither") {
  EcosystemRun run("apt", "http://192.0.2.7/debian/", kDate + 1h);
  run.pool.options["suite"] = "stable";
  run.pool.options["keyring"] = MW_SOURCE_DIR "/tests/fixtures/apt/keyring.gpg";
  auto& pages = run.net.host(kHost).pages;
  pages[kDists + kIndex] = {200, "", {}};
  std::string file = "tests/fixtures/apt/good.InRelease";
  run.net.on_run([&file](const Command& command) {
    CHECK(command.input == source_file(file));
    return run_gpgv(command, MW_SOURCE_DIR "/" + file);
  });
  pages[kDists + "InRelease"] = {200, source_file(file), {}};
  const Finding fresh = run.look(CheckKind::freshness);
  CHECK(good(fresh));
  std::string signed_text = source_file("tests/fixtures/apt/Release");
  signed_text.erase(signed_text.find("  \nSHA256"), 2);  // blanks at line ends are not signed
  CHECK(fresh.version == Version{sha256_hex(signed_text), 1754730300, kDate});
  CHECK(good(run.look(CheckKind::integrity)));
  file = "tests/fixtures/apt/forged.InRelease";
  pages[kDists + "InRelease"] = {200, source_file(file), {}};
  CHECK(failed(run.look(CheckKind::freshness), Layer::integrity, Reason::signature));
  CHECK(failed(run.look(CheckKind::integrity), Layer::integrity, Reason::signature));
}

TEST_CASE("apt: nothing takes longer than the deadline") {
  Archive archive;
  archive.publish();
  archive.run.net.host(kHost).trouble = "silent";
  archive.integrity();
  CHECK(archive.run.took() <= EcosystemRun::kTimeout + 1ms);
}
