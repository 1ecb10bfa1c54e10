// Finds the text, reads it, refuses what cannot be true.
#include "probes/formats/marker.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "probes/digest.hpp"
#include "probes/formats/dates.hpp"
#include "probes/formats/html.hpp"
#include "probes/formats/json.hpp"
#include "probes/formats/rfc3339.hpp"
#include "probes/formats/text.hpp"
#include "probes/formats/xml.hpp"

namespace mw {

namespace {

using std::chrono::seconds;

constexpr std::size_t kPlainLimit = 4096;
constexpr SysTime kFirstCredible = std::chrono::sys_days(std::chrono::year(1995) / 1 / 1);
constexpr Duration kClockSlack = std::chrono::minutes(10);
constexpr std::uint64_t kFirstMilliseconds = 100'000'000'000;  // as seconds, the year 5138

Failure unread(Reason reason, std::string detail) { return {Layer::content, reason, std::move(detail)}; }

std::string quoted(std::string_view text) { return "'" + printable(text, 64) + "'"; }

// ---- where the text stands ----------------------------------------------------------------------------------

using Text = std::variant<std::string, Failure>;

/// The value of "key=value" or "key: value"; nothing when the line has another key.
std::optional<std::string_view> value_in(std::string_view line, std::string_view key) {
  std::string_view rest = trim(line);
  if (!rest.starts_with(key)) return std::nullopt;
  rest = trim(rest.substr(key.size()));
  if (!rest.starts_with('=') && !rest.starts_with(':')) return std::nullopt;
  return trim(rest.substr(1));
}

Text value_of(std::string_view bytes, const std::string& key) {
  std::optional<std::string_view> found;
  while (!bytes.empty()) {
    const auto value = value_in(take_line(bytes), key);
    if (value && found) return unread(Reason::parse, "has the key " + quoted(key) + " twice");
    if (value) found = value;
  }
  if (!found) return unread(Reason::parse, "has no key " + quoted(key));
  return std::string(*found);
}

Text text_in_json(std::string_view bytes, const std::string& pointer) {
  auto found = json_at(bytes, pointer);
  if (auto* text = std::get_if<std::string>(&found)) return std::move(*text);
  const JsonTrouble trouble = std::get<JsonTrouble>(found);
  const bool limit = trouble == JsonTrouble::too_deep || trouble == JsonTrouble::too_large;
  return unread(limit ? Reason::content_limit : Reason::parse,
                "JSON at " + quoted(pointer) + ": " + std::string(name(trouble)));
}

Text text_in_xml(std::string_view bytes, const std::string& path) {
  auto found = xml_at(bytes, path);
  if (auto* text = std::get_if<std::string>(&found)) return std::move(*text);
  const XmlTrouble trouble = std::get<XmlTrouble>(found);
  const bool limit = trouble == XmlTrouble::too_deep || trouble == XmlTrouble::too_large;
  return unread(limit ? Reason::content_limit : Reason::parse,
                "XML at " + quoted(path) + ": " + std::string(name(trouble)));
}

std::string first_token(std::string_view bytes) {
  std::string_view line = trim(bytes);
  line = take_line(line);
  return std::string(take_word(line));
}

Text text_in(std::string_view bytes, const MarkerFormat& format) {
  switch (format.part) {
    case MarkerPart::whole:
      return std::string(trim(bytes));
    case MarkerPart::first_line:
      return std::string(trim(take_line(bytes)));
    case MarkerPart::first_token:
      return first_token(bytes);
    case MarkerPart::key:
      return value_of(bytes, format.where);
    case MarkerPart::json:
      return text_in_json(bytes, format.where);
    case MarkerPart::xml:
      break;
  }
  return text_in_xml(bytes, format.where);
}

// ---- what it says -------------------------------------------------------------------------------------------

using Read = std::variant<Version, Failure>;

/// Digits without a sign and without leading zeros.
std::optional<std::uint64_t> plain_number(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return parse_decimal(text);
}

Failure no_such(MarkerKind kind, std::string_view text) {
  constexpr std::array<std::string_view, 9> kWanted = {"a digest",
                                                       "seconds since 1970",
                                                       "milliseconds since 1970",
                                                       "a date of RFC 1123, RFC 850 or asctime",
                                                       "a date as date -u prints it",
                                                       "an RFC 3339 date",
                                                       "a date as tunasync writes it",
                                                       "a date such as 20240702T08:24:45",
                                                       "a serial number"};
  const bool negative = text.size() > 1 && text.front() == '-' && parse_decimal(text.substr(1));
  return unread(Reason::parse, quoted(text) + " is " + (negative ? "negative, not " : "not ") +
                                   std::string(kWanted.at(static_cast<std::size_t>(kind))));
}

Failure in_future(std::string_view text, std::string_view hint) {
  return {Layer::freshness, Reason::future, quoted(text) + " lies in the future" + std::string(hint)};
}

/// "2024-07-02T08:24:45.123Z", with as many digits of a fraction as it needs.
std::string utc_text(SysTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%09lld", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<long long>(clock.subseconds().count()));
  const std::string full = text.data();
  const std::size_t last = full.find_last_not_of('0');
  return full.substr(0, full[last] == '.' ? last : last + 1) + "Z";
}

Read version_at(SysTime time, std::string_view text, SysTime now) {
  if (time < kFirstCredible) return unread(Reason::parse, quoted(text) + " lies before 1995");
  if (time > now + kClockSlack) return in_future(text, "");
  const auto whole = std::chrono::floor<seconds>(time);
  return Version{utc_text(time), whole.time_since_epoch().count(), time};
}

/// A number that stands for a time. Compared as a number: what no SysTime can hold is in the future all the same.
Read version_counted(std::uint64_t count, MarkerKind kind, std::string_view text, SysTime now) {
  const bool milliseconds = kind == MarkerKind::epoch_ms;
  const std::uint64_t ticks = milliseconds ? 1000 : 1;
  const auto latest = std::chrono::floor<seconds>(now + kClockSlack).time_since_epoch().count();
  if (latest < 0 || count / ticks > static_cast<std::uint64_t>(latest))
    return in_future(text, !milliseconds && count >= kFirstMilliseconds ? " (milliseconds? that is epoch_ms)" : "");
  const Duration since_epoch = milliseconds ? Duration(std::chrono::milliseconds(count)) : Duration(seconds(count));
  return version_at(SysTime(since_epoch), text, now);
}

Read version_numbered(std::uint64_t serial, std::string_view text) {
  if (serial > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return no_such(MarkerKind::serial, text);
  return Version{std::to_string(serial), static_cast<std::int64_t>(serial), std::nullopt};
}

std::optional<SysTime> parse_date(std::string_view text, MarkerKind kind) {
  switch (kind) {
    case MarkerKind::rfc:
      return parse_header_date(text);
    case MarkerKind::posix_date:
      return parse_posix_date(text);
    case MarkerKind::rfc3339:
      return parse_rfc3339(text);
    case MarkerKind::tunasync:
      return parse_tunasync_date(text);
    case MarkerKind::compact:
      return parse_compact_date(text);
    default:
      return std::nullopt;
  }
}

Read version_said(std::string_view text, MarkerKind kind, SysTime now) {
  if (text.empty()) return unread(Reason::empty, "says nothing");
  const bool is_number = kind == MarkerKind::serial || kind == MarkerKind::epoch || kind == MarkerKind::epoch_ms;
  const auto number = is_number ? plain_number(text) : std::nullopt;
  if (number)
    return kind == MarkerKind::serial ? version_numbered(*number, text) : version_counted(*number, kind, text, now);
  const auto date = parse_date(text, kind);
  return date ? version_at(*date, text, now) : Read(no_such(kind, text));
}

// ---- the format's own words ---------------------------------------------------------------------------------

constexpr std::array<std::string_view, 9> kKinds = {"digest",  "epoch",    "epoch_ms", "rfc",   "posix_date",
                                                    "rfc3339", "tunasync", "compact",  "serial"};
struct Prefix {
  std::string_view word;
  MarkerPart part;
};
constexpr std::array<Prefix, 4> kPrefixes = {{{"first_line:", MarkerPart::first_line},
                                              {"first_token:", MarkerPart::first_token},
                                              {"json:", MarkerPart::json},
                                              {"xml:", MarkerPart::xml}}};

bool has_pointer(MarkerPart part) { return part == MarkerPart::json || part == MarkerPart::xml; }

/// "json:epoch" without its key and pointer; nothing when it is no format.
std::optional<MarkerFormat> format_named(std::string_view word) {
  MarkerFormat format;
  for (const Prefix& prefix : kPrefixes) {
    if (!word.starts_with(prefix.word)) continue;
    format.part = prefix.part;
    word.remove_prefix(prefix.word.size());
    break;
  }
  const auto* kind = std::find(kKinds.begin(), kKinds.end(), word);
  if (kind == kKinds.end()) return std::nullopt;
  format.kind = static_cast<MarkerKind>(kind - kKinds.begin());
  if (format.kind == MarkerKind::digest && format.part != MarkerPart::whole) return std::nullopt;
  return format;
}

using Problem = std::optional<MarkerWordsProblem>;

Problem key_problem(const MarkerFormat& format, const MarkerWords& words) {
  const auto problem = [](std::string what) { return MarkerWordsProblem{&MarkerWords::key, std::move(what)}; };
  if (words.key.empty()) return std::nullopt;
  if (format.kind == MarkerKind::digest) return problem("is given for a digest, expected another marker_format");
  if (format.part != MarkerPart::whole)
    return problem("is given together with '" + words.format + "', expected a marker_format without a prefix");
  if (words.key != trim(words.key) || words.key.find_first_of("=:\r\n") != std::string::npos)
    return problem("is " + quoted(words.key) + ", expected what stands before the = or : of a line");
  return std::nullopt;
}

Problem pointer_problem(const MarkerFormat& format, const MarkerWords& words) {
  const auto problem = [](std::string what) { return MarkerWordsProblem{&MarkerWords::pointer, std::move(what)}; };
  if (!has_pointer(format.part)) {
    if (words.pointer.empty()) return std::nullopt;
    return problem("is given for '" + words.format + "', expected a marker_format that begins with json: or xml:");
  }
  if (words.pointer.empty()) return problem("is missing, expected where in the document the marker stands");
  if (format.part == MarkerPart::json && !is_json_pointer(words.pointer))
    return problem("is " + quoted(words.pointer) + ", expected a JSON pointer such as /last/updated");
  if (format.part == MarkerPart::xml && !is_xml_path(words.pointer))
    return problem("is " + quoted(words.pointer) + ", expected a path of elements such as /metadata/updated");
  return std::nullopt;
}

}  // namespace

std::string marker_format_words() {
  std::string list;
  for (const std::string_view kind : kKinds) list += (list.empty() ? "" : ", ") + std::string(kind);
  std::string prefixes;
  for (const Prefix& prefix : kPrefixes) prefixes += (prefixes.empty() ? "" : ", ") + std::string(prefix.word);
  return list + "; all but digest also behind one of " + prefixes;
}

std::variant<MarkerFormat, MarkerWordsProblem> marker_format(const MarkerWords& words) {
  auto format = format_named(words.format);
  if (!format)
    return MarkerWordsProblem{&MarkerWords::format,
                              quoted(words.format) + " is not known, expected one of " + marker_format_words()};
  if (auto problem = key_problem(*format, words)) return *problem;
  if (auto problem = pointer_problem(*format, words)) return *problem;
  if (!words.key.empty()) format->part = MarkerPart::key;
  format->where = words.key.empty() ? words.pointer : words.key;
  return *format;
}

std::size_t marker_limit(const MarkerFormat& format) {
  if (format.kind == MarkerKind::digest) return std::numeric_limits<std::size_t>::max();
  if (format.part == MarkerPart::json) return kJsonLimit;
  return format.part == MarkerPart::xml ? kXmlLimit : kPlainLimit;
}

std::variant<Version, Failure> read_marker(std::string_view bytes, const MarkerFormat& format, SysTime now) {
  if (bytes.empty()) return unread(Reason::empty, "empty");
  if (format.kind == MarkerKind::digest) return Version{sha256_hex(bytes), std::nullopt, std::nullopt};
  if (looks_like_html(bytes)) return unread(Reason::html, "a web page instead");
  if (bytes.size() > marker_limit(format))
    return unread(Reason::content_limit,
                  "longer than the " + std::to_string(marker_limit(format)) + " bytes of such a marker");
  if (bytes.find('\0') != std::string_view::npos) return unread(Reason::parse, "holds a NUL byte");
  const Text text = text_in(bytes, format);
  if (const auto* failure = std::get_if<Failure>(&text)) return *failure;
  return version_said(trim(std::get<std::string>(text)), format.kind, now);
}

}  // namespace mw
