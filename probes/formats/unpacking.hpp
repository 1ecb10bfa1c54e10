// What both unpackers share: output that grows under caps.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "probes/formats/inflate.hpp"

namespace mw {

inline constexpr int kMaxParts = 10'000;  ///< members or streams in one file: starting one costs more than its bytes

class CappedOutput {
 public:
  explicit CappedOutput(std::size_t limit) : limit_(limit) {}

  /// Takes in what `eaten` bytes of input (counted from the start of the file) have made so far.
  std::optional<InflateTrouble> append(std::string_view bytes, std::size_t eaten) {
    if (bytes.size() > limit_ - text_.size()) return InflateTrouble::too_large;
    text_.append(bytes);
    if (text_.size() > kRatioFreeBytes && text_.size() / kMaxRatio > eaten) return InflateTrouble::bomb;
    return std::nullopt;
  }

  std::string take() { return std::move(text_); }

 private:
  std::size_t limit_;
  std::string text_;
};

}  // namespace mw
