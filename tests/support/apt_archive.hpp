// An apt archive in virtual time that is right in every way until a test spoils one thing. Signed by a gpgv that says
// what it is told to say.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "probes/digest.hpp"
#include "tests/support/ecosystem_run.hpp"
#include "tests/support/file.hpp"

namespace mw::apt_archive {

using namespace std::chrono_literals;

inline constexpr SysTime kDate(std::chrono::seconds(1754730300));  // Sat, 09 Aug 2025 09:05:00 UTC
inline const std::string kHost = "192.0.2.7:80";
inline const std::string kDists = "/debian/dists/stable/";
inline const std::string kIndex = "main/binary-amd64/Packages";
inline const std::string kPath = "pool/main/h/hello/hello_1%3a1.0+b1_amd64.deb";
inline const std::string kTarget = "/debian/pool/main/h/hello/hello_1%253a1.0+b1_amd64.deb";
inline const std::string kPackage = "these bytes stand for a package\n";
inline const std::string kGoodStatus =
    "[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG AA Lab\n[GNUPG:] VALIDSIG F1 2025-08-09 1754730300 0 4 0 1 8 01 F1\n";

inline std::string packed(const std::string& name) { return source_file("tests/fixtures/apt/Packages." + name); }

inline std::string listing(const std::string& path, std::string_view bytes) {
  return " " + sha256_hex(bytes) + " " + std::to_string(bytes.size()) + " " + path + "\n";
}

/// An archive that is right in every way; a test spoils one thing.
struct Archive {
  EcosystemRun run{"apt", "http://192.0.2.7/debian/", kDate + 1h};
  std::string release_date = "Sat, 09 Aug 2025 09:05:00 UTC";
  std::string valid_until = "Sat, 16 Aug 2025 09:05:00 UTC";
  std::string extra_files;
  std::string index_suffix = ".xz";
  std::string index = packed("xz");
  std::string names = "Suite: stable\nCodename: lab\n";
  bool by_hash = false;  ///< announced, and served
  std::string gpgv_status = kGoodStatus;

  Archive() {
    run.pool.options["suite"] = "stable";
    run.pool.options["keyring"] = "/etc/keys/lab.gpg";
    run.pool.canaries = {{"hello", ""}};
    page("/debian/" + kPath, "");  // the unencoded name must never be asked for
    page(kTarget, kPackage);
  }

  void page(const std::string& target, const std::string& body) { run.net.host(kHost).pages[target] = {200, body, {}}; }
  FakePage& served(const std::string& target) { return run.net.host(kHost).pages[target]; }

  std::string text() const {
    return names + (by_hash ? "Acquire-By-Hash: yes\n" : "") + "Date: " + release_date +
           "\nValid-Until: " + valid_until + "\nSHA256:\n" + listing(kIndex + index_suffix, index) + extra_files;
  }
  std::string clearsigned() const {
    return "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n" + text() +
           "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n";
  }
  std::string own_name() const { return kDists + kIndex + index_suffix; }
  std::string hash_name() const { return kDists + "main/binary-amd64/by-hash/SHA256/" + sha256_hex(index); }

  /// Serves everything as it is described now.
  void publish() {
    page(kDists + "InRelease", clearsigned());
    page(own_name(), index);
    if (by_hash) page(hash_name(), index);
    vouch();
  }
  /// gpgv's answers about what is described now.
  void vouch() {
    // Anything but the clearsigned file itself on gpgv's input is a bug.
    run.net.on_run([signed_file = clearsigned(), out = text(), status = gpgv_status](const Command& command) {
      Ran ran;
      ran.exit_code = command.input == signed_file ? 0 : 99;
      ran.out = out;
      ran.err = status;
      return ran;
    });
  }
  /// Another generation of the index, plain, with this file for the canary.
  void publish_plain(const std::string& path, const std::string& bytes, const std::string& comment = "") {
    index_suffix = "";
    index = "Package: hello\nFilename: " + path + "\nSize: " + std::to_string(bytes.size()) +
            "\nSHA256: " + sha256_hex(bytes) + "\nComment: x" + comment + "\n\n";
    page("/debian/" + path, bytes);
    publish();
  }
  /// The targets asked for by the next looks, with their Range if they had one.
  std::shared_ptr<std::vector<std::string>> watch() {
    auto asked = std::make_shared<std::vector<std::string>>();
    run.net.on_fetch([asked](const Fetch& fetch) {
      std::string line = fetch.url.target;
      for (const auto& [name, value] : fetch.headers)
        if (name == "Range") line += " " + value;
      asked->push_back(line);
    });
    return asked;
  }
  /// Serves `target` so at its first time, and as it is now from then on.
  void once(const std::string& target, const FakePage& page) {
    const FakePage later = served(target);
    served(target) = page;
    run.net.on_fetch([this, target, later, times = 0](const Fetch& fetch) mutable {
      if (fetch.url.target == target && ++times == 2) served(target) = later;
    });
  }
  Finding freshness() { return run.look(CheckKind::freshness); }
  Finding integrity() { return run.look(CheckKind::integrity); }
};

inline std::string words(const Failure& failure) {
  return std::string(name(failure.layer)) + "/" + std::string(name(failure.reason)) + ": " + failure.detail;
}

inline bool failed(const Finding& finding, Layer layer, Reason reason) {
  if (finding.failure) UNSCOPED_INFO(words(*finding.failure));
  return finding.failure && finding.failure->layer == layer && finding.failure->reason == reason;
}

inline bool good(const Finding& finding) {
  if (finding.failure) UNSCOPED_INFO(words(*finding.failure));
  return !finding.failure;
}

}  // namespace mw::apt_archive
