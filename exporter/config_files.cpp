// The two things the configuration reads from the system: its own file, and secrets. Every file has a cap, and
// nothing that could block or never end is opened.
#include "exporter/config_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "exporter/config.hpp"
#include "exporter/toml_tree.hpp"

namespace mw {

namespace {

constexpr std::size_t kSecretLimit = 64 * 1024;

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

struct FileRules {
  std::size_t limit;
  bool secret;  ///< others may not read or write it
};

/// What is read is what was checked: one descriptor for both.
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

std::optional<std::string> read_secret(const std::string& path, std::string& error) {
  auto content = read_file(path, {kSecretLimit, true}, error);
  if (content && content->ends_with('\n')) content->pop_back();
  if (content && content->ends_with('\r')) content->pop_back();
  return content;
}

std::optional<std::string> read_open(const std::string& path, std::string& error) {
  return read_file(path, {kSecretLimit, false}, error);
}

std::optional<std::string> read_variable(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

SecretSource system_secrets() { return {read_secret, read_variable, read_open}; }

std::optional<std::string> read_configuration(const std::string& file, std::string& error) {
  return read_file(file, {kTomlLimit, false}, error);
}

ConfigOrErrors load_config(const std::string& file) {
  std::string error;
  const auto text = read_configuration(file, error);
  if (!text) return std::vector<ConfigError>{{file, 0, 0, "", error + ", expected a configuration file"}};
  return parse_config(*text, file, system_secrets());
}

}  // namespace mw
