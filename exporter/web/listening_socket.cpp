// socket(2), bind(2), listen(2), and what may be wrong with each.
#include "exporter/web/listening_socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace mw {

namespace {

constexpr int kBacklog = 1024;
constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START
constexpr int kMostInherited = 64;

struct Named {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

std::string with_errno(const std::string& what) { return what + ": " + std::strerror(errno); }

std::string cannot_listen(const std::string& address) {
  const int error = errno;
  std::string text = "cannot listen on " + address + ": " + std::strerror(error);
  if (error == EADDRINUSE) text += " (another process listens there: stop it, or choose another --web.listen-address)";
  if (error == EACCES) text += " (ports below 1024 and other people's directories need a right that we do not have)";
  return text;
}

Named named_v4(const TcpPlace& place) {
  Named out;
  auto& to = reinterpret_cast<sockaddr_in&>(out.storage);
  to.sin_family = AF_INET;
  to.sin_port = htons(place.port);
  std::memcpy(&to.sin_addr, place.address.bytes.data(), sizeof to.sin_addr);
  out.length = sizeof to;
  return out;
}

Named named_v6(const TcpPlace& place) {
  Named out;
  auto& to = reinterpret_cast<sockaddr_in6&>(out.storage);
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(place.port);
  if (!place.is_any) std::memcpy(&to.sin6_addr, place.address.bytes.data(), sizeof to.sin6_addr);
  out.length = sizeof to;
  return out;
}

Named named_unix(const std::string& path) {
  Named out;
  auto& to = reinterpret_cast<sockaddr_un&>(out.storage);
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, path.c_str(), path.size() + 1);  // parse_listen_address has looked at its length
  out.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return out;
}

int open_stream(int family) { return ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

bool bind_and_listen(int fd, const Named& name) {
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&name.storage), name.length) == 0 && ::listen(fd, kBacklog) == 0;
}

/// -1 and errno when it cannot be had.
int open_tcp(const TcpPlace& place, bool v6) {
  const int fd = open_stream(v6 ? AF_INET6 : AF_INET);
  if (fd < 0) return fd;
  const int on = 1;
  const int v6_only = place.is_any ? 0 : 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (v6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
  if (bind_and_listen(fd, v6 ? named_v6(place) : named_v4(place))) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

std::variant<ListeningSocket, std::string> listen_on_tcp(const TcpPlace& place) {
  int fd = open_tcp(place, place.is_any || place.address.v6);
  if (fd < 0 && place.is_any && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) fd = open_tcp(place, false);
  if (fd < 0) return cannot_listen(to_string(ListenPlace(place)));
  return ListeningSocket(fd, "");
}

/// A socket file that nobody listens on is what a process that was killed left behind.
void remove_leftover(const std::string& path, const Named& name) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const int fd = open_stream(AF_UNIX);
  const bool is_dead =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&name.storage), name.length) != 0 && errno == ECONNREFUSED;
  ::close(fd);
  if (is_dead) ::unlink(path.c_str());
}

std::variant<ListeningSocket, std::string> listen_on_unix(const UnixPlace& place) {
  const Named name = named_unix(place.path);
  remove_leftover(place.path, name);
  const int fd = open_stream(AF_UNIX);
  if (fd < 0 || !bind_and_listen(fd, name)) {
    const std::string why = cannot_listen(to_string(ListenPlace(place)));
    ::close(fd);
    return why;
  }
  // For a reverse proxy of our group; the directory's rights say who else may come near.
  ::chmod(place.path.c_str(), 0660);
  return ListeningSocket(fd, place.path);
}

std::variant<ListeningSocket, std::string> listen_on_one(const std::string& text) {
  const auto place = parse_listen_address(text);
  if (const auto* wrong = std::get_if<std::string>(&place)) return "cannot listen: " + *wrong;
  const auto& at = std::get<ListenPlace>(place);
  if (const auto* path = std::get_if<UnixPlace>(&at)) return listen_on_unix(*path);
  return listen_on_tcp(std::get<TcpPlace>(at));
}

/// The variable's value as a number; it is removed, so that no child takes it for its own.
std::optional<long> take_variable(const char* name) {
  const char* const text = std::getenv(name);
  long value = 0;
  const bool is_number =
      text != nullptr && *text != '\0' && *std::from_chars(text, text + std::strlen(text), value).ptr == '\0';
  unsetenv(name);
  return is_number ? std::optional(value) : std::nullopt;
}

bool is_listening_stream(int fd) {
  int type = 0;
  int listens = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
         ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens == 1;
}

Address masked(Address address) {
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin())) {
    Address v4;
    std::copy(address.bytes.begin() + kMapped.size(), address.bytes.end(), v4.bytes.begin());
    return v4;
  }
  std::fill(address.bytes.begin() + 8, address.bytes.end(), std::uint8_t{0});
  return address;
}

}  // namespace

ListeningSocket::~ListeningSocket() {
  if (fd_ >= 0) ::close(fd_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

std::string ListeningSocket::name() const {
  Named name;
  name.length = sizeof name.storage;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&name.storage), &name.length) != 0) return "?";
  if (name.storage.ss_family == AF_UNIX)
    return "unix:" + std::string(reinterpret_cast<const sockaddr_un&>(name.storage).sun_path);
  TcpPlace place;
  place.address.v6 = name.storage.ss_family == AF_INET6;
  if (place.address.v6) {
    const auto& at = reinterpret_cast<const sockaddr_in6&>(name.storage);
    std::memcpy(place.address.bytes.data(), &at.sin6_addr, sizeof at.sin6_addr);
    place.port = ntohs(at.sin6_port);
    place.is_any = place.address == Address{{}, true};
  } else {
    const auto& at = reinterpret_cast<const sockaddr_in&>(name.storage);
    std::memcpy(place.address.bytes.data(), &at.sin_addr, sizeof at.sin_addr);
    place.port = ntohs(at.sin_port);
  }
  return to_string(ListenPlace(place));
}

std::variant<Listening, std::string> listen_on(const std::vector<std::string>& addresses) {
  Listening out;
  for (const std::string& address : addresses) {
    auto made = listen_on_one(address);
    if (auto* why = std::get_if<std::string>(&made)) return std::move(*why);
    out.push_back(std::move(std::get<ListeningSocket>(made)));
  }
  return out;
}

std::variant<Listening, std::string> listen_on_systemd() {
  const auto pid = take_variable("LISTEN_PID");
  const auto count = take_variable("LISTEN_FDS");
  unsetenv("LISTEN_FDNAMES");
  if (!pid || !count || *pid != getpid() || *count < 1 || *count > kMostInherited)
    return "--web.systemd-socket: systemd handed over no sockets (LISTEN_PID and LISTEN_FDS are not set for us): start "
           "mirrorwarden by a .socket unit, or use --web.listen-address";
  Listening out;
  for (int fd = kFirstInherited; fd < kFirstInherited + *count; ++fd) {
    if (!is_listening_stream(fd))
      return "--web.systemd-socket: descriptor " + std::to_string(fd) +
             " is not a stream socket that listens: use ListenStream= in the .socket unit, with Accept=no";
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || ::fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
      return with_errno("--web.systemd-socket: descriptor " + std::to_string(fd));
    out.emplace_back(fd, "");
  }
  return out;
}

Address caller_of(const sockaddr_storage& peer) {
  Address address;
  if (peer.ss_family == AF_INET) {
    std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in&>(peer).sin_addr, 4);
  } else if (peer.ss_family == AF_INET6) {
    address.v6 = true;
    std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr, 16);
    return masked(address);
  }
  return address;
}

}  // namespace mw
