// The contract's site of an apt archive, signed by a gpgv that knows two texts and calls all others forged.
#include "tests/contract/contract_site.hpp"
#include "tests/support/apt_archive.hpp"

namespace mw {

namespace {

using apt_archive::Archive;

constexpr auto kForged = "[GNUPG:] NEWSIG\n[GNUPG:] BADSIG AA Lab\n";

/// Text by the file that it was signed in.
std::map<std::string, std::string> signed_texts() {
  Archive now;
  Archive later;
  later.release_date = "Sun, 10 Aug 2025 10:05:00 UTC";
  return {{now.clearsigned(), now.text()}, {later.clearsigned(), later.text()}};
}

Ran verify(const std::map<std::string, std::string>& texts, const Command& command) {
  const auto found = texts.find(command.input);
  if (found == texts.end()) return {std::nullopt, 1, "", kForged};
  return {std::nullopt, 0, found->second, apt_archive::kGoodStatus};
}

void arrange(EcosystemRun& run) {
  run.pool.options["suite"] = "stable";
  run.pool.options["keyring"] = "/etc/keys/lab.gpg";
  run.pool.canaries = {{"hello", ""}};
  run.net.on_run([texts = signed_texts()](const Command& command) { return verify(texts, command); });
}

}  // namespace

ContractSite apt_site() {
  constexpr std::string_view kListed = "the index lists its size";
  constexpr std::string_view kAsServed = "apt undoes no content coding: what is served is no signed text";
  Archive archive;
  archive.publish();
  ContractSite site;
  site.base = "/debian/";
  site.pages = archive.run.net.host(apt_archive::kHost).pages;
  site.arrange = &arrange;
  site.marker = apt_archive::kDists + "InRelease";
  site.artefact = apt_archive::kTarget;
  archive.release_date = "Sun, 10 Aug 2025 10:05:00 UTC";
  site.future_marker = archive.clearsigned();
  site.differs = {
      {"unreadable bytes", "", "integrity/size_mismatch", kListed},
      {"coded bomb", "content/parse", "integrity/size_mismatch", kAsServed},
      {"corrupt coding", "content/parse", "integrity/size_mismatch", kAsServed},
      {"more than is read", "", "integrity/size_mismatch", kListed},
  };
  return site;
}

}  // namespace mw
