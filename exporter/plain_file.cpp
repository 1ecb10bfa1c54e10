// POSIX.
#include "exporter/plain_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace mw {

namespace {

class Descriptor {
 public:
  explicit Descriptor(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Errors of the system, in words that complete "mirrors.toml: …".
std::string cannot_read(int error) { return "cannot be read (" + std::string(std::strerror(error)) + ")"; }

std::optional<std::string> read_all(int fd, std::size_t limit, std::string& error) {
  std::string content(limit + 1, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = ::read(fd, content.data() + size, content.size() - size);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      error = cannot_read(errno);
      return std::nullopt;
    }
    size += static_cast<std::size_t>(got);
  }
  if (size > limit) {
    error = "is larger than " + std::to_string(limit) + " bytes";
    return std::nullopt;
  }
  content.resize(size);
  return content;
}

}  // namespace

/// One descriptor for checking and for reading.
std::optional<std::string> read_file(const std::string& path, FileRules rules, std::string& error) {
  const Descriptor file(path);
  struct stat info {};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0) {
    error = cannot_read(errno);
    return std::nullopt;
  }
  if (S_ISDIR(info.st_mode))
    error = "is a directory";
  else if (!S_ISREG(info.st_mode))
    error = "is not a regular file";
  else if (rules.secret && (info.st_mode & (S_IROTH | S_IWOTH)) != 0)
    error = "is open to every user (chmod o-rwx)";
  else
    return read_all(file.get(), rules.limit, error);
  return std::nullopt;
}

std::optional<FileStamp> stamp_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  constexpr std::int64_t kBillion = 1'000'000'000;
  return FileStamp{info.st_dev, info.st_ino, info.st_mtim.tv_sec * kBillion + info.st_mtim.tv_nsec, info.st_size};
}

bool is_like(const std::string& path, const std::string& pattern) {
  const std::size_t star = pattern.find('*');
  if (star == std::string::npos) return path == pattern;
  const bool fits = path.size() + 1 >= pattern.size() && path.starts_with(pattern.substr(0, star)) &&
                    path.ends_with(pattern.substr(star + 1));
  return fits && path.find('/', star) == std::string::npos;
}

std::vector<std::string> files_like(const std::string& path, std::size_t most) {
  if (path.find('*') == std::string::npos) return {path};
  std::vector<std::string> files;
  std::error_code trouble;
  std::filesystem::directory_iterator at(path.substr(0, path.rfind('/') + 1), trouble);
  for (; !trouble && at != std::filesystem::directory_iterator(); at.increment(trouble))
    if (is_like(at->path().string(), path)) files.push_back(at->path().string());
  std::sort(files.begin(), files.end());
  if (files.size() > most) files.resize(most);
  return files;
}

}  // namespace mw
