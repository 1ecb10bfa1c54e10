// The few words every reader of outside text needs: lines, blanks, numbers, digests. Pure; no locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mw {

/// Cuts the first line off `rest` and returns it without its LF and the one CR before that.
std::string_view take_line(std::string_view& rest);

/// Cuts the first word off `rest`: what stands between blanks (space, tab). Empty when there is none left.
std::string_view take_word(std::string_view& rest);

/// Without blanks and line ends at both ends.
std::string_view trim(std::string_view text);

/// ASCII only.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// ASCII only; other bytes stay as they are.
std::string lower(std::string_view text);

/// Digits only, no sign, must fit.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

/// 64 lower-case hex digits.
bool is_sha256(std::string_view text);

/// 128 lower-case hex digits.
bool is_sha512(std::string_view text);

}  // namespace mw
