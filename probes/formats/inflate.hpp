// Unpacks whole gzip and xz files from outside, with caps on what comes out. Pure; zlib and lzma stay in one .cpp each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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

/// Takes what comes out, in order, at most 64 KiB at a time; the view is good during the call only.
using UnpackedSink = std::function<void(std::string_view)>;

/// Concatenated members (gzip) or streams (xz) are one file, as their own tools treat them. Beside `packed`, memory is
/// what the format's window takes: 32 KiB for gzip, at most 66 MiB for xz (`xz -9`; its default takes 9 MiB). What
/// reached the sink before trouble was seen counts for nothing.
std::optional<InflateTrouble> gunzip_into(std::string_view packed, std::size_t output_limit, const UnpackedSink&);
std::optional<InflateTrouble> unxz_into(std::string_view packed, std::size_t output_limit, const UnpackedSink&);

/// The same, whole.
std::variant<std::string, InflateTrouble> gunzip(std::string_view packed, std::size_t output_limit);
std::variant<std::string, InflateTrouble> unxz(std::string_view packed, std::size_t output_limit);

/// A bare deflate stream (RFC 1951), piece by piece and in constant memory; the caller counts what comes out.
class RawInflate {
 public:
  enum class State : std::uint8_t { more, ended, corrupt, stopped };
  /// Gets what came out; false stops.
  using Take = std::function<bool(std::string_view)>;

  RawInflate();
  ~RawInflate();
  RawInflate(const RawInflate&) = delete;
  RawInflate& operator=(const RawInflate&) = delete;

  /// Another stream begins.
  void restart();
  /// Cuts off `packed` what it has used: bytes are left only after the end.
  State feed(std::string_view& packed, const Take&);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

/// The CRC-32 of zip and gzip, continued; starts with 0.
std::uint32_t crc32_of(std::string_view bytes, std::uint32_t so_far);

}  // namespace mw
