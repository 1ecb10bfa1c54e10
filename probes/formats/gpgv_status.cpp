// "[GNUPG:] KEYWORD arguments" lines (GnuPG's doc/DETAILS), grouped by signature.
#include "probes/formats/gpgv_status.hpp"

#include <algorithm>
#include <array>

#include "probes/formats/text.hpp"

namespace mw {

namespace {

/// What was said of one signature.
struct Signature {
  bool good = false;
  std::string valid_by;  ///< fingerprint of the primary key from VALIDSIG
  std::string trouble;
  bool counts() const { return good && !valid_by.empty() && trouble.empty(); }
};

struct Reading {
  Signature current;
  bool forged = false;
  bool keyring_broken = false;
  std::string counted_by;
  std::string trouble;  ///< of the first signature that does not count
};

void close(Reading& reading) {
  const Signature& signature = reading.current;
  if (signature.counts() && reading.counted_by.empty()) reading.counted_by = signature.valid_by;
  if (!signature.counts() && reading.trouble.empty()) reading.trouble = signature.trouble;
  reading.current = {};
}

void blame(Signature& signature, std::string why) {
  if (signature.trouble.empty()) signature.trouble = std::move(why);
}

/// ERRSIG <keyid> <pkalgo> <hashalgo> <class> <time> <rc>
void take_errsig(Signature& signature, std::string_view arguments) {
  const std::string key(take_word(arguments));
  for (int skipped = 0; skipped < 4; ++skipped) take_word(arguments);
  const bool unknown_key = take_word(arguments) == "9";
  blame(signature, unknown_key ? "signed by key " + key + ", which is not in the keyring"
                               : "the signature by key " + key + " cannot be checked");
}

/// VALIDSIG <fpr> <date> <time> <expires> <version> <reserved> <pkalgo> <hashalgo> <class> [<primary fpr>]
void take_validsig(Signature& signature, std::string_view arguments) {
  std::array<std::string_view, 10> words;
  for (auto& word : words) word = take_word(arguments);
  constexpr std::array<std::string_view, 3> kWeak = {"1", "2", "3"};  // MD5, SHA-1, RIPEMD-160 (RFC 9580 §9.5)
  if (std::find(kWeak.begin(), kWeak.end(), words[7]) != kWeak.end()) blame(signature, "signed with a weak digest");
  signature.valid_by = words[9].empty() ? words[0] : words[9];
}

void take_in(Reading& reading, std::string_view line) {
  const std::string_view keyword = take_word(line);
  Signature& signature = reading.current;
  if (keyword == "NEWSIG") close(reading);
  if (keyword == "GOODSIG") signature.good = true;
  if (keyword == "VALIDSIG") take_validsig(signature, line);
  if (keyword == "ERRSIG") take_errsig(signature, line);
  if (keyword == "EXPSIG") blame(signature, "the signature is expired");
  if (keyword == "EXPKEYSIG") blame(signature, "signed by expired key " + std::string(take_word(line)));
  if (keyword == "REVKEYSIG") blame(signature, "signed by revoked key " + std::string(take_word(line)));
  if (keyword == "BADSIG") {
    reading.forged = true;
    reading.trouble = "the signature by key " + std::string(take_word(line)) + " does not match the text";
  }
  if (keyword == "ERROR" && take_word(line) == "add_keyblock_resource") reading.keyring_broken = true;
}

}  // namespace

SignatureVerdict judge_gpgv(std::string_view status) {
  constexpr std::string_view kPrefix = "[GNUPG:] ";
  constexpr std::string_view kUnreadable = "gpgv: keydb_search failed";
  Reading reading;
  while (!status.empty()) {
    const std::string_view line = take_line(status);
    if (line.starts_with(kPrefix)) take_in(reading, line.substr(kPrefix.size()));
    if (line.starts_with(kUnreadable)) reading.keyring_broken = true;
  }
  close(reading);
  using Kind = SignatureVerdict::Kind;
  if (!reading.forged && !reading.counted_by.empty()) return {Kind::good, reading.counted_by, {}};
  if (reading.keyring_broken)
    return {Kind::keyring, {}, "gpgv cannot read the keyring: it must exist, be readable and not be armoured"};
  return {Kind::bad, {}, reading.trouble.empty() ? "there is no signature" : reading.trouble};
}

}  // namespace mw
