// A large index that was read whole is not downloaded again while nothing speaks against it.
#include "tests/support/apt_archive.hpp"

using namespace mw;
using namespace mw::apt_archive;

namespace {

/// An index too large to be kept, with the canary and one sample among many.
std::string large_index(const std::string& last) {
  std::string text;
  for (int n = 0; n < 9000; ++n)
    text += "Package: filler" + std::to_string(n) + "\nFilename: pool/f/" + std::to_string(n) +
            ".deb\nSize: 1\nSHA256: " + std::string(64, 'a') + "\n\n";
  for (const std::string& name : {std::string("hello"), last})
    text += "Package: " + name + "\nFilename: " + kPath + "\nSize: " + std::to_string(kPackage.size()) +
            "\nSHA256: " + sha256_hex(kPackage) + "\n\n";
  return text;
}

struct LargeArchive : Archive {
  LargeArchive() {
    by_hash = true;
    index_suffix = "";
    index = large_index("other");
    run.pool.sample = {"other"};
    run.pool.sample_size = 1;
    run.validators = std::make_shared<Validators>(std::make_shared<Bodies>());
    publish();
    served(hash_name()).headers = {{"etag", "one"}};
  }
  /// Bytes the index and its tail cost beside the Release and the packages.
  std::uint64_t cost() {
    const Finding finding = integrity();
    CHECK(good(finding));
    return finding.traffic.bytes_received - clearsigned().size() - 2 * kPackage.size();
  }
};

}  // namespace

TEST_CASE("apt: an index that was read whole and did not change does not travel again") {
  LargeArchive archive;
  CHECK(archive.cost() >= archive.index.size());
  archive.served(archive.own_name()) = {206, archive.index.substr(archive.index.size() - 1024), {}};
  for (int times = 0; times < 23; ++times) CHECK(archive.cost() == 1024);
  CHECK(archive.cost() >= archive.index.size());  // asked outright now and then: a cache may be wrong for ever
}

TEST_CASE("apt: what speaks against a remembered index calls for a whole look") {
  LargeArchive archive;
  CHECK(archive.cost() >= archive.index.size());
  SECTION("another index") {
    archive.index = large_index("third");
    archive.run.pool.sample = {"third"};
    archive.publish();
    CHECK(archive.cost() >= archive.index.size());
  }
  SECTION("another tag: what lies there is then read, and found broken") {
    archive.served(archive.hash_name()) = {200, archive.index + "x", {{"etag", "two"}}};
    CHECK(failed(archive.integrity(), Layer::integrity, Reason::size_mismatch));
  }
  SECTION("gone: the own name is read instead") {
    archive.served(archive.hash_name()).status = 404;
    CHECK(archive.cost() >= archive.index.size());
  }
  SECTION("another canary") {
    archive.run.pool.canaries.push_back({"filler1", ""});
    CHECK(archive.integrity().traffic.bytes_received > archive.index.size());
  }
  SECTION("a server that knows no tags") {
    archive.page(archive.hash_name(), archive.index);
    CHECK(archive.cost() >= archive.index.size());
    CHECK(archive.cost() >= archive.index.size());
  }
}

TEST_CASE("apt: a package missing from the index is not remembered away") {
  LargeArchive archive;
  archive.run.pool.canaries.push_back({"nowhere", ""});
  for (int times = 0; times < 2; ++times)
    CHECK(failed(archive.integrity(), Layer::integrity, Reason::missing_artifact));
}
