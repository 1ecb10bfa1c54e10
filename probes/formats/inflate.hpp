// Unpacks whole gzip and xz files from outside, with caps on what comes out. Pure; zlib and lzma stay in one .cpp each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace mw {

enum class InflateTrouble : std::uint8_t {
  corrupt,           ///< not of that format, or a checksum inside it is wrong
  truncated,         ///< ends too early
  trailing_garbage,  ///< goes on after its end
  bomb,              ///< grows more than kMaxRatio : 1
  too_large,         ///< more than the limit comes out, or unpacking wants more memory than we give
};
std::string_view name(InflateTrouble);

inline constexpr std::size_t kMaxRatio = 200;
inline constexpr std::size_t kRatioFreeBytes = 1024 * 1024;  ///< output that may come out before the ratio counts

/// Concatenated members (gzip) or streams (xz) are one file, as their own tools treat them.
std::variant<std::string, InflateTrouble> gunzip(std::string_view packed, std::size_t output_limit);
std::variant<std::string, InflateTrouble> unxz(std::string_view packed, std::size_t output_limit);

}  // namespace mw
