// The file is unlinked at once: nothing to clean up after a crash.
#include "probes/spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace mw {

std::shared_ptr<Spool> Spool::make() {
  const char* directory = std::getenv("TMPDIR");
  std::string path = std::string(directory == nullptr ? "/tmp" : directory) + "/mirrorwarden-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  ::unlink(path.c_str());
  std::FILE* file = ::fdopen(descriptor, "w+b");
  if (file == nullptr) {
    ::close(descriptor);
    return nullptr;
  }
  return std::shared_ptr<Spool>(new Spool(file));
}

Spool::~Spool() { std::fclose(file_); }

bool Spool::append(std::string_view bytes) {
  size_ += bytes.size();
  return bytes.empty() || std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size();
}

bool Spool::rewind() { return std::fflush(file_) == 0 && std::fseek(file_, 0, SEEK_SET) == 0; }

}  // namespace mw
