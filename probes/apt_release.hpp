// The top of an apt archive: its Release, inline signed or with a detached signature, and the archive's trace files.
// Pure: says what answers mean. Nothing that gpgv has not vouched for is believed, not even a date.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "probes/follow.hpp"
#include "probes/formats/release.hpp"
#include "probes/formats/trace.hpp"
#include "probes/target.hpp"

namespace mw::apt {

inline constexpr std::size_t kMaxRelease = 10'000'000;  ///< as apt

/// 404 or 410: the file is not there. Anything else is an answer, or trouble on the way.
bool is_missing(const Got&);

/// A file of the suite, e.g. "InRelease".
Url dists_url(const Target&, const std::string& file);

/// Why this cannot be an InRelease, before anything in it is believed.
std::optional<Failure> no_inrelease(const Got&);
/// Why these cannot be a Release and the signature beside it.
std::optional<Failure> no_release(const Got&);
std::optional<Failure> no_signature(const Got&);

/// gpgv reads a clearsigned file from its input and writes the text that counts as signed.
Command clearsigned_verification(const Pool&, std::string clearsigned);
/// gpgv reads a signature from its input and the signed text from the file.
Command detached_verification(const Pool&, std::string signature, const std::string& file);

/// Why gpgv does not vouch for what it was given; `name` is the file that a reader should look at.
std::optional<Failure> not_verified(const std::string& name, const Ran&);

struct Opened {
  Release release;
  Version version;
  std::optional<Failure> freshness;  ///< what its dates say against it
};

/// What a text comes to that gpgv vouches for. A Release of another suite is a failure: it says nothing of this one.
std::variant<Opened, Failure> read_release(std::string_view verified, const Target&, SysTime now);

/// A version even when its dates are bad: the judge may still compare it. A Date from the future is not remembered,
/// so that it cannot make every later one look rolled back.
void take_in(Finding&, const Opened&, const Target&);

// ---- traces ----------------------------------------------------------------------------------------------------

/// The host's own trace, for a mirror that is named by a host.
std::optional<std::string> site_trace(const Mirror&);

std::variant<Trace, Failure> read_trace(const std::string& name, const Got&, SysTime now);

/// As a part of the mirror with versions of its own.
FeedLook trace_look(const std::string& name, const std::variant<Trace, Failure>&);

/// Whether the parts of the mirror tell of a synchronisation that has not ended: indexes newer than the archive's
/// trace, or the archive's trace newer than the mirror's own.
std::optional<Failure> trace_trouble(SysTime release_date, const Trace& archive, const std::optional<Trace>& site);

}  // namespace mw::apt
