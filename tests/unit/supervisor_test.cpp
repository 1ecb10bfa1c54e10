// What a supervisor hears, over a real socket of its own.
#include "exporter/supervisor.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

using namespace mw;
using namespace std::chrono_literals;

namespace {

/// A datagram socket in the abstract namespace, under a name that Linux chose.
class Ear {
 public:
  Ear() {
    const sockaddr_un any{AF_UNIX, {}};
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&any), sizeof(sa_family_t)) == 0);
    sockaddr_un mine{};
    socklen_t length = sizeof mine;
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&mine), &length) == 0);
    name_ = "@" + std::string(mine.sun_path + 1, length - offsetof(sockaddr_un, sun_path) - 1);
  }
  ~Ear() { ::close(socket_); }
  Ear(const Ear&) = delete;
  Ear& operator=(const Ear&) = delete;

  const std::string& name() const { return name_; }

  /// The next datagram; empty when there is none.
  std::string heard() const {
    char text[256];
    const auto size = ::recv(socket_, text, sizeof text, MSG_DONTWAIT);
    return size < 0 ? std::string() : std::string(text, static_cast<std::size_t>(size));
  }

 private:
  int socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  std::string name_;
};

}  // namespace

TEST_CASE("a supervisor hears each word as a datagram of its own") {
  const Ear ear;
  const Supervisor supervisor(ear.name(), 30s);
  supervisor.ready();
  supervisor.alive();
  supervisor.reloading();
  supervisor.stopping();
  CHECK(ear.heard() == "READY=1");
  CHECK(ear.heard() == "WATCHDOG=1");
  CHECK_THAT(ear.heard(), Catch::Matchers::Matches("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  CHECK(ear.heard() == "STOPPING=1");
  CHECK(ear.heard().empty());
}

TEST_CASE("a supervisor that does not listen keeps nobody from working") {
  for (const std::string& socket : {std::string(), std::string("/nowhere/notify"), std::string(500, 'x')})
    Supervisor(socket, {}).ready();
  const Ear ear;
  for (int n = 0; n < 5000; ++n) Supervisor(ear.name(), {}).alive();  // far more than its queue holds
  CHECK(ear.heard() == "WATCHDOG=1");
}

TEST_CASE("the watchdog is the one that is meant for us") {
  CHECK(watchdog_of("120000000", "", 7) == Duration(120s));
  CHECK(watchdog_of("120000000", "7", 7) == Duration(120s));
  for (const auto* pid : {"8", "0", "-7", "7x"}) CHECK_FALSE(watchdog_of("120000000", pid, 7));
  for (const auto* microseconds : {"", "0", "-1", "1s", "99999999999999999999"})
    CHECK_FALSE(watchdog_of(microseconds, "", 7));
}

TEST_CASE("children of ours find nothing in the environment to speak for us with") {
  const Ear ear;
  setenv("NOTIFY_SOCKET", ear.name().c_str(), 1);
  setenv("WATCHDOG_USEC", "3000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  const Supervisor supervisor = Supervisor::from_environment();
  supervisor.ready();
  CHECK(ear.heard() == "READY=1");
  CHECK(supervisor.watchdog() == Duration(3s));
  for (const auto* variable : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
    CHECK(std::getenv(variable) == nullptr);
}
