// A body too large for memory, in a file without a name: gone when the last owner is, whatever happens.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string_view>

namespace mw {

class Spool {
 public:
  /// Null when no temporary file can be made (TMPDIR, else /tmp).
  static std::shared_ptr<Spool> make();
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// False when the disk is full or broken.
  bool append(std::string_view bytes);
  /// Writes out what is buffered and goes back to the start; false when that failed.
  bool rewind();
  std::uint64_t size() const { return size_; }
  /// Owned by this; for readers that take a stream.
  std::FILE* file() const { return file_; }

 private:
  explicit Spool(std::FILE* file) : file_(file) {}
  std::FILE* file_;
  std::uint64_t size_ = 0;
};

}  // namespace mw
