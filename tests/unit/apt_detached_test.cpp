// The apt ecosystem on archives without an InRelease, and on trace files.
#include <fstream>
#include <iterator>

#include "tests/support/apt_archive.hpp"

using namespace mw;
using namespace mw::apt_archive;

namespace {

const std::string kSignature = "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n";
const std::string kRelease = kDists + "Release";
const std::string kTrace = "/debian/project/trace/";
// An hour after the Release's Date.
const std::string kTraceText = "Sat Aug  9 10:05:00 UTC 2025\nArchive serial: 2025080902\n";

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// An archive with Release and Release.gpg only. gpgv vouches for what it can read in the file it is told of.
struct Detached : Archive {
  std::vector<std::string> argv;
  Detached() {
    publish();
    served(kDists + "InRelease").status = 404;
    page(kRelease, text());
    page(kRelease + ".gpg", kSignature);
    run.net.on_run([this, wanted = text()](const Command& command) {
      argv = command.argv;
      Ran ran;
      const bool whole = bytes_of(command.argv.back()) == wanted && command.input == kSignature;
      ran.exit_code = whole ? 0 : 99;
      ran.err = gpgv_status;
      return ran;
    });
  }
};

struct Traced : Archive {
  Traced() {
    run.mirror.url = std::get<Url>(parse_url("http://mirror.example.org/debian/"));
    run.net.name_is("mirror.example.org", {std::nullopt, {*parse_address("192.0.2.7")}, {}});
    run.pool.options["trace"] = "master";
    publish();
    page(kTrace + "master", kTraceText);
    page(kTrace + "mirror.example.org", "Sat Aug  9 10:25:00 UTC 2025\n");
    run.net.step_wall(2h);
  }
};

}  // namespace

TEST_CASE("apt: without an InRelease, Release and Release.gpg are read, and are the same version") {
  Detached archive;
  const Finding fresh = archive.freshness();
  CHECK(good(fresh));
  CHECK(fresh.version == Version{sha256_hex(archive.text()), 1754730300, kDate});
  CHECK(fresh.traffic.requests == 3);
  REQUIRE(archive.argv.size() == 8);
  CHECK(std::vector(archive.argv.begin(), archive.argv.end() - 1) ==
        std::vector<std::string>{"gpgv", "--quiet", "--status-fd", "2", "--keyring", "/etc/keys/lab.gpg", "-"});
  CHECK(archive.argv.back().starts_with("/proc/"));
  CHECK(good(archive.integrity()));
}

TEST_CASE("apt: a Release without a signature beside it is not signed") {
  Detached archive;
  archive.served(kRelease + ".gpg").status = 404;
  const Finding finding = archive.freshness();
  CHECK(failed(finding, Layer::integrity, Reason::signature));
  CHECK_FALSE(finding.version);
  archive.page(kRelease + ".gpg", archive.clearsigned());
  CHECK(failed(archive.freshness(), Layer::integrity, Reason::signature));
  archive.page(kRelease + ".gpg", "<html></html>");
  CHECK(failed(archive.freshness(), Layer::content, Reason::html));
}

TEST_CASE("apt: what gpgv says of a detached signature counts") {
  Detached archive;
  archive.gpgv_status = "[GNUPG:] NEWSIG\n[GNUPG:] BADSIG AA Lab\n";
  CHECK(failed(archive.freshness(), Layer::integrity, Reason::signature));
  archive.gpgv_status = "gpgv: can't open signed data '/proc/1/fd/3'\n";
  CHECK(failed(archive.freshness(), Layer::integrity, Reason::local_resource));
  archive.gpgv_status = kGoodStatus;
  archive.page(kRelease, archive.text() + "changed\n");
  CHECK(failed(archive.freshness(), Layer::integrity, Reason::local_resource));
}

TEST_CASE("apt: with neither InRelease nor Release there is no archive") {
  Detached archive;
  archive.served(kRelease).status = 404;
  const Finding finding = archive.freshness();
  CHECK(failed(finding, Layer::http, Reason::not_found));
  CHECK(finding.failure->detail == "InRelease: status 404");
  archive.page(kRelease, "");
  CHECK(failed(archive.freshness(), Layer::content, Reason::empty));
}

TEST_CASE("apt: an InRelease that is there and bad is not replaced by a Release that may be good") {
  Detached archive;
  archive.page(kDists + "InRelease", "<html></html>");
  CHECK(failed(archive.freshness(), Layer::content, Reason::html));
}

TEST_CASE("apt: traces that fit the Release make a part with a version of its own") {
  Traced archive;
  const Finding fresh = archive.freshness();
  CHECK(good(fresh));
  REQUIRE(fresh.feeds.size() == 1);
  CHECK(fresh.feeds[0].feed == "trace/master");
  CHECK(fresh.feeds[0].version == Version{"2025080902", 2025080902, kDate + 1h});
  archive.page(kTrace + "master", "Sat Aug  9 10:05:00 UTC 2025\n");
  CHECK(archive.freshness().feeds[0].version == Version{"1754733900", 1754733900, kDate + 1h});
  CHECK(good(archive.integrity()));
}

TEST_CASE("apt: indexes newer than the archive's trace, or a trace newer than the mirror's own, are half a sync") {
  Traced archive;
  archive.page(kTrace + "master", "Sat Aug  9 09:04:59 UTC 2025\n");
  CHECK(failed(archive.freshness(), Layer::freshness, Reason::half_synced));
  archive.page(kTrace + "master", kTraceText);
  archive.page(kTrace + "mirror.example.org", "Sat Aug  9 10:04:59 UTC 2025\n");
  CHECK(failed(archive.freshness(), Layer::freshness, Reason::half_synced));
  archive.served(kTrace + "mirror.example.org").status = 404;
  CHECK(good(archive.freshness()));
}

TEST_CASE("apt: a trace that cannot be read says so of itself only") {
  Traced archive;
  const auto look_with = [&archive](const FakePage& page) {
    archive.served(kTrace + "master") = page;
    const Finding fresh = archive.freshness();
    CHECK(good(fresh));
    REQUIRE(fresh.feeds.size() == 1);
    CHECK_FALSE(fresh.feeds[0].version);
    REQUIRE(fresh.feeds[0].failure);
    return fresh.feeds[0].failure->reason;
  };
  CHECK(look_with({404, "", {}}) == Reason::not_found);
  CHECK(look_with({200, "<html></html>", {}}) == Reason::html);
  CHECK(look_with({200, "yesterday\n", {}}) == Reason::parse);
  CHECK(look_with({200, std::string(1025, 'x'), {}}) == Reason::body_limit);
  CHECK(look_with({200, "Sun Aug 10 10:05:00 UTC 2025\n", {}}) == Reason::future);
}
