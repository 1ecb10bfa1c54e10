// The date forms that mirrors leave in their marker files, besides RFC 3339. Pure; no strptime, no locale, no zone
// database. All refuse a day the month has not, a leap second, and years before 1970; years past 2261 read as the
// end of 2261, the last whole year a SysTime holds.
#pragma once

#include <optional>
#include <string_view>

#include "probes/model.hpp"

namespace mw {

/// What HTTP and mail headers hold: as parse_rfc_date(), or with a numeric zone, "Tue, 02 Jul 2024 08:24:45 +0800";
/// RFC 850, "Tuesday, 02-Jul-24 08:24:45 GMT", years from 70 on in the last century; asctime,
/// "Tue Jul  2 08:24:45 2024", in UTC.
std::optional<SysTime> parse_header_date(std::string_view text);

/// What `date -u` prints in the C locale: "Tue Jul  2 08:24:45 UTC 2024".
std::optional<SysTime> parse_posix_date(std::string_view text);

/// What tunasync writes: "2024-07-02 08:24:45 +0800".
std::optional<SysTime> parse_tunasync_date(std::string_view text);

/// "20240702T08:24:45" or "20240702082445", and behind either a fraction (".123") and a numeric zone (" +0000").
/// Without a zone it is UTC.
std::optional<SysTime> parse_compact_date(std::string_view text);

}  // namespace mw
