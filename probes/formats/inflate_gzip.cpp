// gzip and bare deflate through zlib: the one place that knows zlib.h.
#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

#include "probes/formats/unpacking.hpp"

namespace mw {

namespace {

constexpr int kGzipOnly = 15 + 16;  ///< window bits: the largest window, gzip wrapper and no other

class Member {
 public:
  explicit Member(std::string_view input) {
    // zlib does not write to its input; its type predates const. avail_in is 32 bits: input is fed in slices.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    rest_ = input.size();
    ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK;
  }
  ~Member() {
    if (ready_) inflateEnd(&stream_);
  }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  bool ready() const { return ready_; }
  std::size_t left() const { return rest_ + stream_.avail_in; }

  /// One slice of output; zlib's code.
  int step(std::string_view& output) {
    if (stream_.avail_in == 0) feed();
    stream_.next_out = buffer_.data();
    stream_.avail_out = static_cast<uInt>(buffer_.size());
    const int code = inflate(&stream_, Z_NO_FLUSH);
    output = {reinterpret_cast<const char*>(buffer_.data()), buffer_.size() - stream_.avail_out};
    return code;
  }

 private:
  void feed() {
    constexpr std::size_t kSlice = 1U << 30U;
    const std::size_t slice = std::min(rest_, kSlice);
    stream_.avail_in = static_cast<uInt>(slice);
    rest_ -= slice;
  }

  z_stream stream_{};
  bool ready_ = false;
  std::size_t rest_ = 0;
  std::array<Bytef, 64 * 1024> buffer_;  // written by the library before it is read
};

/// Unpacks the first member of `packed` and cuts it off. `eaten` counts input over all members.
std::optional<InflateTrouble> take_member(std::string_view& packed, std::size_t& eaten, CappedOutput& out) {
  Member member(packed);
  if (!member.ready()) return InflateTrouble::too_large;
  const std::size_t before = eaten;
  int code = Z_OK;
  while (code == Z_OK) {
    std::string_view output;
    code = member.step(output);
    eaten = before + packed.size() - member.left();
    if (const auto trouble = out.append(output, eaten)) return trouble;
  }
  if (code == Z_BUF_ERROR) return InflateTrouble::truncated;
  if (code == Z_MEM_ERROR) return InflateTrouble::too_large;
  if (code != Z_STREAM_END) return InflateTrouble::corrupt;
  packed.remove_prefix(packed.size() - member.left());
  return std::nullopt;
}

}  // namespace

std::optional<InflateTrouble> gunzip_into(std::string_view packed, std::size_t output_limit, const UnpackedSink& sink) {
  constexpr std::string_view kMagic = "\x1f\x8b";
  CappedOutput out(output_limit, sink);
  std::size_t eaten = 0;
  for (int parts = 0; parts < kMaxParts; ++parts) {
    if (packed.size() < kMagic.size() && kMagic.starts_with(packed)) return InflateTrouble::truncated;
    if (!packed.starts_with(kMagic)) return eaten == 0 ? InflateTrouble::corrupt : InflateTrouble::trailing_garbage;
    if (const auto trouble = take_member(packed, eaten, out)) return *trouble;
    if (packed.empty()) return std::nullopt;
  }
  return InflateTrouble::too_large;
}

struct RawInflate::Stream {
  z_stream zlib{};
  std::array<Bytef, 128 * 1024> buffer;  // written by the library before it is read
};

RawInflate::RawInflate() : stream_(std::make_unique<Stream>()) {
  if (inflateInit2(&stream_->zlib, -15) != Z_OK) throw std::bad_alloc();
}

RawInflate::~RawInflate() { inflateEnd(&stream_->zlib); }

void RawInflate::restart() { inflateReset(&stream_->zlib); }

RawInflate::State RawInflate::feed(std::string_view& packed, const Take& take) {
  z_stream& zlib = stream_->zlib;
  auto& buffer = stream_->buffer;
  for (;;) {
    // zlib does not write to its input; its type predates const.
    zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    zlib.avail_in = static_cast<uInt>(std::min<std::size_t>(packed.size(), 1U << 30U));
    zlib.next_out = buffer.data();
    zlib.avail_out = static_cast<uInt>(buffer.size());
    const std::size_t offered = zlib.avail_in;
    const int code = inflate(&zlib, Z_NO_FLUSH);
    packed.remove_prefix(offered - zlib.avail_in);
    const std::string_view out(reinterpret_cast<const char*>(buffer.data()), buffer.size() - zlib.avail_out);
    if (!out.empty() && !take(out)) return State::stopped;
    if (code == Z_STREAM_END) return State::ended;
    if (code == Z_BUF_ERROR || (code == Z_OK && packed.empty() && zlib.avail_out > 0)) return State::more;
    if (code != Z_OK) return State::corrupt;
  }
}

std::uint32_t crc32_of(std::string_view bytes, std::uint32_t so_far) {
  return static_cast<std::uint32_t>(crc32_z(so_far, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace mw
