// What both unpackers share: output that is handed on under caps.
#pragma once

#include <optional>
#include <string_view>

#include "probes/formats/inflate.hpp"

namespace mw {

inline constexpr int kMaxParts = 10'000;  ///< members or streams in one file: starting one costs more than its bytes

class CappedOutput {
 public:
  CappedOutput(std::size_t limit, const UnpackedSink& sink) : limit_(limit), sink_(sink) {}

  /// Hands on what `eaten` bytes of input (counted from the start of the file) have made so far.
  std::optional<InflateTrouble> append(std::string_view bytes, std::size_t eaten) {
    if (bytes.size() > limit_ - size_) return InflateTrouble::too_large;
    size_ += bytes.size();
    if (size_ > kRatioFreeBytes && size_ / kMaxRatio > eaten) return InflateTrouble::bomb;
    if (!bytes.empty()) sink_(bytes);
    return std::nullopt;
  }

 private:
  std::size_t limit_;
  const UnpackedSink& sink_;
  std::size_t size_ = 0;
};

}  // namespace mw
