// One date line, and one key that matters.
#include "probes/formats/trace.hpp"

#include <limits>

#include "probes/formats/html.hpp"
#include "probes/formats/rfc_date.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::uint64_t kFirstEpoch = 788'918'400;   ///< 1995-01-01: no mirror's trace is older
constexpr std::uint64_t kLastEpoch = 9'214'646'400;  ///< 2262-01-01: what a SysTime holds

/// "Tue Jul  2 08:24:45 UTC 2024", its words put in the order of the other form.
std::optional<SysTime> parse_posix_date(std::string_view line) {
  const std::string_view weekday = take_word(line);
  const std::string_view month = take_word(line);
  const std::string_view day = take_word(line);
  const std::string_view clock = take_word(line);
  const std::string_view zone = take_word(line);
  const std::string_view year = take_word(line);
  if (weekday.size() != 3 || !take_word(line).empty()) return std::nullopt;
  std::string other(weekday);
  other += ", ";
  for (const std::string_view word : {day, month, year, clock, zone}) other.append(word).append(" ");
  return parse_rfc_date(other);
}

std::optional<SysTime> parse_epoch(std::string_view line) {
  const auto seconds = parse_decimal(line);
  if (!seconds || *seconds < kFirstEpoch || *seconds >= kLastEpoch) return std::nullopt;
  return SysTime(std::chrono::seconds(static_cast<std::int64_t>(*seconds)));
}

std::optional<SysTime> parse_date(std::string_view line) {
  if (const auto epoch = parse_epoch(line)) return epoch;
  if (const auto posix = parse_posix_date(line)) return posix;
  return parse_rfc_date(line);
}

bool is_text(std::string_view file) {
  for (const char c : file) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7f) return false;
  }
  return true;
}

/// What is wrong with the line, empty if it was taken in.
std::string take_in(Trace& trace, std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return "it has a line that is no \"Key: value\"";
  if (!equal_ignoring_case(trim(line.substr(0, colon)), "Archive serial")) return {};
  const auto serial = parse_decimal(trim(line.substr(colon + 1)));
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!serial || *serial > kMost || trace.serial) return "its Archive serial cannot be read";
  trace.serial = static_cast<std::int64_t>(*serial);
  return {};
}

}  // namespace

std::variant<Trace, std::string> parse_trace(std::string_view file) {
  if (file.size() > kMaxTrace) return "it is longer than " + std::to_string(kMaxTrace) + " bytes";
  if (looks_like_html(file)) return std::string("it is a web page");
  if (!is_text(file)) return std::string("it has a control character");
  const auto date = parse_date(trim(take_line(file)));
  if (!date) return std::string("its first line is no date");
  Trace trace{*date, std::nullopt};
  while (!file.empty()) {
    const std::string_view line = take_line(file);
    if (trim(line).empty()) continue;
    std::string trouble = take_in(trace, line);
    if (!trouble.empty()) return trouble;
  }
  return trace;
}

}  // namespace mw
