// libdeflate at its lowest level, in one go.
#include "exporter/web/gzip.hpp"

#include <libdeflate.h>

#include <memory>
#include <new>

namespace mw {

std::string gzip(std::string_view bytes) {
  constexpr int kLevel = 1;
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(kLevel), libdeflate_free_compressor);
  if (!compressor) throw std::bad_alloc();
  const std::size_t room = libdeflate_gzip_compress_bound(compressor.get(), bytes.size());
  // Not a string: that would write every byte of a room of which a tenth is used.
  const std::unique_ptr<char[]> out(new char[room]);
  const std::size_t size = libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), out.get(), room);
  return {out.get(), size};
}

}  // namespace mw
