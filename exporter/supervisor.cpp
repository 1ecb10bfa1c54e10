// sd_notify's protocol: datagrams of KEY=VALUE to a unix socket.
#include "exporter/supervisor.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace mw {

namespace {

std::string taken(const char* variable) {
  const char* const value = std::getenv(variable);
  std::string copy(value == nullptr ? "" : value);
  unsetenv(variable);
  return copy;
}

std::optional<std::int64_t> positive(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && value > 0 ? std::optional(value) : std::nullopt;
}

std::int64_t monotonic_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

std::optional<Duration> watchdog_of(std::string_view microseconds, std::string_view pid, long own) {
  if (!pid.empty() && positive(pid) != own) return std::nullopt;
  const auto wait = positive(microseconds);
  return wait ? std::optional<Duration>(std::chrono::microseconds(*wait)) : std::nullopt;
}

Supervisor::Supervisor(std::string socket, std::optional<Duration> watchdog)
    : socket_(std::move(socket)), watchdog_(watchdog) {}

Supervisor Supervisor::from_environment() {
  const std::string microseconds = taken("WATCHDOG_USEC");
  const std::string pid = taken("WATCHDOG_PID");
  return {taken("NOTIFY_SOCKET"), watchdog_of(microseconds, pid, getpid())};
}

/// With the time, as systemd 253 and later want it.
void Supervisor::reloading() const { say("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_microseconds())); }

void Supervisor::say(std::string_view text) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::ranges::copy(socket_, address.sun_path);
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const int door = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (door < 0) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  ::sendto(door, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), length);
  ::close(door);
}

}  // namespace mw
