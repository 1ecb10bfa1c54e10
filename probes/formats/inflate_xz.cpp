// xz through liblzma: the one place that knows lzma.h.
#include <lzma.h>

#include <algorithm>
#include <array>

#include "probes/formats/unpacking.hpp"

namespace mw {

namespace {

constexpr std::uint64_t kMemoryLimit = 66 * 1024 * 1024;  ///< `xz -9` wants 65 MiB

class Stream {
 public:
  explicit Stream(std::string_view input) {
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(input.data());
    stream_.avail_in = input.size();
    ready_ = lzma_stream_decoder(&stream_, kMemoryLimit, 0) == LZMA_OK;
  }
  ~Stream() { lzma_end(&stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool ready() const { return ready_; }
  std::size_t left() const { return stream_.avail_in; }

  /// One slice of output; lzma's code. LZMA_FINISH: there is no more input than what we were given.
  lzma_ret step(std::string_view& output) {
    stream_.next_out = buffer_.data();
    stream_.avail_out = buffer_.size();
    const lzma_ret code = lzma_code(&stream_, LZMA_FINISH);
    output = {reinterpret_cast<const char*>(buffer_.data()), buffer_.size() - stream_.avail_out};
    return code;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ready_ = false;
  std::array<std::uint8_t, 64 * 1024> buffer_;  // written by the library before it is read
};

InflateTrouble meaning(lzma_ret code) {
  if (code == LZMA_BUF_ERROR) return InflateTrouble::truncated;
  if (code == LZMA_MEM_ERROR || code == LZMA_MEMLIMIT_ERROR) return InflateTrouble::too_large;
  return InflateTrouble::corrupt;
}

/// Unpacks the first stream of `packed` and cuts it off. `eaten` counts input over all streams.
std::optional<InflateTrouble> take_stream(std::string_view& packed, std::size_t& eaten, CappedOutput& out) {
  Stream stream(packed);
  if (!stream.ready()) return InflateTrouble::too_large;
  const std::size_t before = eaten;
  lzma_ret code = LZMA_OK;
  while (code == LZMA_OK) {
    std::string_view output;
    code = stream.step(output);
    eaten = before + packed.size() - stream.left();
    if (const auto trouble = out.append(output, eaten)) return trouble;
  }
  if (code != LZMA_STREAM_END) return meaning(code);
  packed.remove_prefix(packed.size() - stream.left());
  return std::nullopt;
}

/// Between streams zeros may stand, a multiple of four of them (the format's stream padding).
void skip_padding(std::string_view& packed) {
  const std::size_t zeros = std::min(packed.find_first_not_of('\0'), packed.size());
  if (zeros % 4 == 0) packed.remove_prefix(zeros);
}

}  // namespace

std::optional<InflateTrouble> unxz_into(std::string_view packed, std::size_t output_limit, const UnpackedSink& sink) {
  using namespace std::string_view_literals;
  constexpr auto kMagic =
      "\xFD"
      "7zXZ\0"sv;
  CappedOutput out(output_limit, sink);
  std::size_t eaten = 0;
  for (int parts = 0; parts < kMaxParts; ++parts) {
    if (packed.size() < kMagic.size() && kMagic.starts_with(packed)) return InflateTrouble::truncated;
    if (!packed.starts_with(kMagic)) return eaten == 0 ? InflateTrouble::corrupt : InflateTrouble::trailing_garbage;
    if (const auto trouble = take_stream(packed, eaten, out)) return *trouble;
    skip_padding(packed);
    if (packed.empty()) return std::nullopt;
  }
  return InflateTrouble::too_large;
}

}  // namespace mw
