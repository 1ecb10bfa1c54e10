// The marker: a small file that tells which synchronisation a mirror has. From its bytes to a version, or why not.
// Pure: the current time is an argument. Knows no mirror and no network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "probes/model.hpp"

namespace mw {

/// How the marker's text is written.
enum class MarkerKind : std::uint8_t {
  digest,      ///< not at all: any bytes, of which other bytes are another version
  epoch,       ///< seconds since 1970
  epoch_ms,    ///< milliseconds since 1970
  rfc,         ///< parse_header_date()
  posix_date,  ///< parse_posix_date()
  rfc3339,     ///< parse_rfc3339()
  tunasync,    ///< parse_tunasync_date()
  compact,     ///< parse_compact_date()
  serial,      ///< a number that only grows, not a time
};

/// Where in the file that text stands.
enum class MarkerPart : std::uint8_t { whole, first_line, first_token, key, json, xml };

struct MarkerFormat {
  MarkerKind kind = MarkerKind::digest;
  MarkerPart part = MarkerPart::whole;
  std::string where;  ///< the key of "key=value" or "key: value", the JSON pointer, the XML path
  bool operator==(const MarkerFormat&) const = default;
};

/// The format as the configuration says it: `format` is a kind, or "json:kind" and the like; `key` and `pointer` are
/// empty unless given.
struct MarkerWords {
  std::string format;
  std::string key;
  std::string pointer;
};

/// What is wrong with which of the words. Completes "key: …".
struct MarkerWordsProblem {
  std::string MarkerWords::*word;
  std::string what;
};

std::variant<MarkerFormat, MarkerWordsProblem> marker_format(const MarkerWords&);

/// All that `format` may say, for documentation.
std::string marker_format_words();

/// The most bytes such a marker may have.
std::size_t marker_limit(const MarkerFormat&);

/// The version that a marker tells: `id` is the time in UTC, or the serial, or the digest; `order` epoch seconds or
/// the serial; `time` set for times. Times before 1995 are refused, and from ten minutes after `now` on they are in
/// the future: a fault of its own, never a version.
std::variant<Version, Failure> read_marker(std::string_view bytes, const MarkerFormat&, SysTime now);

}  // namespace mw
