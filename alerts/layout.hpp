// What renderers share: cutting to a vendor's limit, saying how much was left out, taming outside text, and reading
// what a vendor answers. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alerts/receiver.hpp"
#include "probes/formats/rfc3339.hpp"

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

/// The notice's annotations. Those of a test say so, for whoever reads a payload and no words of ours: `test` is
/// "true", and the summary begins with mark().
std::map<std::string, std::string> annotations_of(const Notice&, const Message&);

/// headline() for the top of a message: printable, and with the word "resolved" where nothing else would say it.
std::string heading(const Message&);
/// One line for a notice among others: its sign and its title.
std::string line(const Notice&, Language);
/// The notice's first facts, printable, each of at most so many code points.
std::vector<Fact> facts_of(const Notice&, std::size_t most, std::size_t runes);
/// "mirrorwarden, seen from shanghai-1".
std::string from_whom(const Message&);

/// Of a large group, the worst are told with their facts and the others in a line each.
inline constexpr std::size_t kInDetail = 3;

/// Four steps, as the vendors have them: page or critical, error, warning; any other label `severity` is info.
enum class Severity : std::uint8_t { info, warning, error, critical };
Severity severity_of(const std::map<std::string, std::string>& labels);
Severity severity_of(const Notice&);
/// The worst of what fires; info when nothing does.
Severity severity_of(const Message&);
/// A coloured disc by severity, or a tick when it is over: the colour for whom no vendor shows one.
std::string_view sign(const Notice&);
std::string_view sign(const Message&);

/// Something to press: "Runbook", "处置手册", and where it leads.
struct Button {
  std::string caption;
  std::string url;
};
/// The runbooks, then the mirrors' pages, each once. Captions say whose only where there are several.
std::vector<Button> buttons_of(const Message&, std::size_t most);
/// The URL in characters that no vendor's markup can take for its own; nothing unless it is http or https.
std::string safe_link(std::string_view url);

/// With & < > as entities, at most so many code points, an entity cut off as a whole.
std::string with_entities(std::string_view text, std::size_t most);
/// With these ASCII characters in their full-width form: for a Markdown in which nothing can be escaped.
std::string full_width(std::string_view text, std::string_view which);
/// The pieces one after another, as far as they fit; each whole or not at all.
std::string as_fits(const std::vector<std::string>& pieces, std::size_t most);

/// A value in a vendor's JSON answer, as text; nothing if the answer is anything else.
std::optional<std::string> answered(const Response&, std::string_view pointer);
std::optional<std::int64_t> number_answered(const Response&, std::string_view pointer);
/// "retry_after": 1.5. Nothing if it is no time to come; at most a day.
std::optional<Duration> seconds_answered(const Response&, std::string_view pointer);
/// A web page: a portal or a proxy took the request, not the vendor.
bool holds_page(const Response&);
/// judge_status, but a page is no acceptance.
Delivery judge_no_page(const Response&);

/// Alertmanager's identity of a label set, 16 hex digits.
std::string fingerprint(const std::map<std::string, std::string>& labels);
/// As Alertmanager writes a group's: {}:{alertname="MirrorStale", pool="debian"}
std::string group_key(const std::map<std::string, std::string>& labels);

/// Everything but RFC 3986's unreserved characters.
std::string percent_encoded(std::string_view text);

/// Why the value is no http or https URL to send to; nothing if it is one. Never quotes it.
std::vector<OptionTrouble> url_troubles(const Receiver&, std::string_view key);

}  // namespace mw
