// Judges what gpgv wrote to its status file descriptor. Pure; runs nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mw {

struct SignatureVerdict {
  enum class Kind : std::uint8_t {
    good,
    bad,      ///< no signature counts, or one of them is forged
    keyring,  ///< our own keyring cannot be used: says nothing about the signature
  };
  Kind kind = Kind::bad;
  std::string fingerprint;  ///< of the primary key of a signature that counts
  std::string reason;       ///< why it is not good, in words
};

/// A signature counts with GOODSIG and VALIDSIG by a digest that is not weak, and without BADSIG, ERRSIG, EXPSIG,
/// EXPKEYSIG or REVKEYSIG. Good needs one that counts and no BADSIG anywhere: archives sign with several keys, so
/// signatures by unknown or retired keys beside it are normal (apt judges the same way).
/// `status` is gpgv's status output in the C locale, its messages for people mixed in: an armoured keyring is only
/// complained of there.
SignatureVerdict judge_gpgv(std::string_view status);

}  // namespace mw
