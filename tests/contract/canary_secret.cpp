// Where secrets are put and where they could come out.
#include "tests/contract/canary_secret.hpp"

#include <algorithm>
#include <array>

#include "probes/formats/base64.hpp"

namespace mw {

namespace {

using Texts = std::vector<std::string>;

/// The characters of base64 that depend on the canary alone when this many bytes stand before it.
std::string in_base64(std::size_t before) {
  const std::string coded = base64(std::string(before, '\0') + kCanary);
  const std::size_t first = (before * 8 + 5) / 6;
  const std::size_t end = (before + kCanary.size()) * 8 / 6;
  return coded.substr(first, end - first);
}

void add(Texts& texts, const std::optional<Failure>& failure) {
  if (failure) texts.push_back(failure->detail);
}

void add(Texts& texts, const std::optional<Version>& version) {
  if (version) texts.push_back(version->id);
}

void add(Texts& texts, const std::vector<FeedLook>& feeds) {
  for (const auto& [feed, version, failure] : feeds) {
    texts.push_back(feed);
    add(texts, version);
    add(texts, failure);
  }
}

void add(Texts& texts, const std::vector<AddressLook>& addresses) {
  for (const auto& [address, failure, timings, version, feeds] : addresses) {
    add(texts, failure);
    add(texts, version);
    add(texts, feeds);
  }
}

void add(Texts& texts, const std::optional<Certificate>& certificate) {
  if (!certificate) return;
  texts.insert(texts.end(),
               {certificate->subject, certificate->issuer, certificate->tls_version, certificate->fingerprint_sha256});
  texts.insert(texts.end(), certificate->names.begin(), certificate->names.end());
}

}  // namespace

Credentials secret_credentials() { return {kCanary, Secret(kCanary), Secret(kCanary)}; }

void give_secrets(Mirror& mirror) {
  mirror.credentials = secret_credentials();
  mirror.headers.emplace_back("X-Api-Key", kCanary);
  mirror.headers.emplace_back("Cookie", "session=" + kCanary);
}

std::vector<std::string> all_texts(const Finding& finding) {
  // Names every member, so that one more does not compile until its texts are looked at as well.
  const auto& [check, at, took, failure, timings, addresses, certificate, http, version, feeds, artefacts, valid_until,
               remember, traffic] = finding;
  Texts texts;
  add(texts, failure);
  add(texts, addresses);
  add(texts, certificate);
  if (http) texts.push_back(http->final_host);
  add(texts, version);
  add(texts, feeds);
  for (const auto& [name, digest] : artefacts) texts.insert(texts.end(), {name, digest});
  for (const auto& [key, value] : remember) texts.insert(texts.end(), {key, value});
  return texts;
}

bool holds_canary(const std::string& text) {
  static const std::array<std::string, 4> forms = {kCanary, in_base64(0), in_base64(1), in_base64(2)};
  return std::any_of(forms.begin(), forms.end(),
                     [&](const std::string& form) { return text.find(form) != std::string::npos; });
}

bool carries_canary(const Fetch& fetch) {
  if (!(fetch.credentials == Credentials{})) return true;
  return std::any_of(fetch.headers.begin(), fetch.headers.end(),
                     [](const auto& header) { return holds_canary(header.second); });
}

}  // namespace mw
