// Structure of a clearsigned file, checked as strictly as apt does before gpgv sees it: gpgv alone skips text around
// the signed block (CVE-2013-1051 and its kind). Pure; checks no signature and hands out no text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mw {

inline constexpr std::size_t kMaxSignedLine = 16 * 1024;  ///< GnuPG cuts longer lines before it hashes them
inline constexpr std::size_t kMaxSignature = 64 * 1024;   ///< bytes of armour; three signatures take 3 KiB

/// What is wrong, or nothing. Right is exactly: the BEGIN SIGNED MESSAGE line first, Hash headers, an empty line,
/// text with dashes escaped, one signature block, then nothing but blank lines. CRLF line ends are allowed.
std::optional<std::string> clearsign_trouble(std::string_view file);

/// The same for a detached signature: exactly one armoured block, as apt demands it. What is in the block is for gpgv.
std::optional<std::string> detached_trouble(std::string_view file);

}  // namespace mw
