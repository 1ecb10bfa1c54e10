// What renderers share: cutting to a vendor's limit, saying how much was left out, signatures, JSON. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "alerts/receiver.hpp"

namespace mw {

/// No message is larger than this, whatever the vendor takes.
inline constexpr std::size_t kLargestMessage = 64 * 1024;

/// At most so many bytes, cut between code points and marked with "…".
std::string cut_bytes(std::string_view utf8, std::size_t most);
/// At most so many code points, as vendors that count characters do.
std::string cut_runes(std::string_view utf8, std::size_t most);

/// What `write` makes of the message's first notices, of as many as fit into `most` bytes; of one at least.
std::string fitting(const Message&, std::size_t most, const std::function<std::string(std::size_t shown)>& write);

/// "and 37 more", "另有 37 条".
std::string and_more(Language, std::size_t count);
/// "firing", "resolved"; "告警", "恢复".
std::string status_word(Language, bool firing);
/// One line for the whole message: the notice's title, or "3 firing, 1 resolved: MirrorStale, pool debian".
std::string headline(const Message&);
/// The word for a test message, for a reminder, or nothing.
std::string mark(const Message&);

/// Alertmanager's identity of a label set, 16 hex digits.
std::string fingerprint(const std::map<std::string, std::string>& labels);
/// RFC 3339 with milliseconds, UTC.
std::string rfc3339(SysTime);

/// Everything but RFC 3986's unreserved characters.
std::string percent_encoded(std::string_view text);

/// Why the value is no http or https URL to send to; nothing if it is one. Never quotes it.
std::vector<OptionTrouble> url_troubles(const Receiver&, std::string_view key);

}  // namespace mw
