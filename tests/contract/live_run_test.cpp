// run() and the life of the live door: children, sleeping, closing, being torn down in the middle.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/contract/live_door.hpp"
#include "tests/support/hostile_dns.hpp"
#include "tests/support/hostile_server.hpp"

using namespace mw;

namespace {

Command command(std::vector<std::string> argv) {
  Command command;
  command.argv = std::move(argv);
  command.timeout = 2s;
  return command;
}

/// While it lives, not one more descriptor can be opened.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::fcntl(STDIN_FILENO, F_DUPFD, 0);
    ::close(next);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(next);
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

std::size_t open_descriptors() {
  std::size_t count = 0;
  for (int i = 0; i < 1024; ++i) count += ::fcntl(i, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("live run: input, output, exit code") {
  LiveDoor door;
  Command cat = command({"cat"});
  cat.input = std::string(300'000, 'i') + "end";
  const Ran ran = door.finish(door.net.run(cat));
  CHECK(told(ran.failure) == "ok");
  CHECK(ran.exit_code == 0);
  CHECK(ran.out == cat.input);
  CHECK(ran.err.empty());
  const Ran failed = door.finish(door.net.run(command({"sh", "-c", "echo out; echo err >&2; exit 7"})));
  CHECK(!failed.failure);
  CHECK(failed.exit_code == 7);
  CHECK(failed.out == "out\n");
  CHECK(failed.err == "err\n");
  CHECK(door.finish(door.net.run(command({"sh", "-c", "kill -TERM $$"}))).exit_code == 128 + 15);
}

TEST_CASE("live run: a child that does not listen is no trouble") {
  LiveDoor door;
  Command deaf = command({"true"});
  deaf.input = std::string(1'000'000, 'i');
  const Ran ran = door.finish(door.net.run(deaf));
  CHECK(told(ran.failure) == "ok");
  CHECK(ran.exit_code == 0);
}

TEST_CASE("live run: the environment is empty but for PATH and LC_ALL") {
  LiveDoor door;
  const Ran ran = door.finish(door.net.run(command({"env"})));
  CHECK(ran.out.find("LC_ALL=C\n") != std::string::npos);
  CHECK(ran.out.find("PATH=") != std::string::npos);
  CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 2);
}

TEST_CASE("live run: no descriptor of ours is inherited, nor one that was left open to us") {
  HostileServer server;
  LiveDoor door;
  const int left_open = ::open("/dev/null", O_RDONLY);  // on purpose without O_CLOEXEC
  door.finish(door.net.fetch(fetch_of(server.port(), "ok")));
  const Ran ran = door.finish(door.net.run(command({"sh", "-c", "echo /proc/self/fd/*"})));
  ::close(left_open);
  CHECK(ran.out == "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3\n");  // 3: the shell's own look
}

TEST_CASE("live run: a missing program is our own trouble") {
  LiveDoor door;
  const Ran ran = door.finish(door.net.run(command({"/nonexistent/gpgv", "--version"})));
  CHECK(verdict(ran.failure) == "integrity/local_resource");
  CHECK(verdict(door.finish(door.net.run(command({"gpgv-that-is-not-there"}))).failure) == "integrity/local_resource");
  CHECK(verdict(door.finish(door.net.run(command({}))).failure) == "integrity/local_resource");
}

TEST_CASE("live run: time and room are limited, grandchildren included") {
  LiveDoor door;
  Command slow = command({"sh", "-c", "sleep 30 & sleep 30"});
  slow.timeout = 300ms;
  CHECK(verdict(door.finish(door.net.run(slow)).failure) == "integrity/timeout");
  CHECK(door.took <= slow.timeout + kGrace);
  Command deaf = command({"sh", "-c", "exec >/dev/null 2>&1; exec sleep 30"});
  deaf.timeout = 300ms;
  CHECK(verdict(door.finish(door.net.run(deaf)).failure) == "integrity/timeout");
  Command loud = command({"yes"});
  loud.output_limit = 100'000;
  CHECK(verdict(door.finish(door.net.run(loud)).failure) == "integrity/content_limit");
  CHECK(door.took < 1s);
}

TEST_CASE("live door: sleep sleeps, and now() moves with it") {
  LiveDoor door;
  const SteadyTime before = door.net.now();
  CHECK(door.net.now() == before);
  asio::co_spawn(door.loop, door.net.sleep(50ms), asio::detached);
  door.run();
  CHECK(door.took >= 49ms);
  CHECK(door.net.now() - before >= 49ms);
  CHECK(door.net.wall() > SysTime(std::chrono::hours(24 * 365 * 50)));
}

TEST_CASE("live door: now() is not a time long gone after an idle spell") {
  LiveDoor door;
  const SteadyTime before = door.net.now();
  asio::steady_timer other(door.loop, 50ms);
  SteadyTime seen{};
  other.async_wait([&](std::error_code) { seen = door.net.now(); });
  door.run();
  CHECK(seen - before >= 49ms);
}

TEST_CASE("live door: close() ends what is pending and refuses what comes later") {
  HostileServer server;
  const HostileDns silent(HostileDns::Mood::silent);
  LiveDoor door;
  Fetch fetch = fetch_of(server.port(), "stall");
  fetch.timeout = 20s;
  Question question;
  question.name = "ok.test";
  question.servers = {silent.server()};
  question.timeout = 20s;
  Dial dial;
  dial.address = fetch.address;
  dial.port = server.port();
  dial.tls.emplace();
  dial.timeout = 20s;
  Command sleeper;
  sleeper.argv = {"sleep", "30"};
  sleeper.timeout = 20s;
  std::optional<Reply> reply;
  std::optional<Answer> answer;
  std::optional<Link> link;
  std::optional<Ran> ran;
  asio::co_spawn(door.loop, keep(door.net.fetch(fetch), reply), asio::detached);
  asio::co_spawn(door.loop, keep(door.net.resolve(question), answer), asio::detached);
  asio::co_spawn(door.loop, keep(door.net.dial(dial), link), asio::detached);
  asio::co_spawn(door.loop, keep(door.net.run(sleeper), ran), asio::detached);
  asio::co_spawn(door.loop, door.net.sleep(20s), asio::detached);
  asio::steady_timer later(door.loop, 100ms);
  later.async_wait([&](std::error_code) { door.net.close(); });
  door.run();
  CHECK(door.took < 2s);  // of 20: nobody waited for a timeout
  CHECK(verdict(reply.value().failure) == "http/local_resource");
  CHECK(verdict(answer.value().failure) == "dns/local_resource");
  CHECK(verdict(link.value().failure) == "tls/local_resource");
  CHECK(verdict(ran.value().failure) == "integrity/local_resource");
  CHECK(verdict(door.finish(door.net.fetch(fetch)).failure) == "http/local_resource");
  CHECK(verdict(door.finish(door.net.resolve(question)).failure) == "dns/local_resource");
  CHECK(verdict(door.finish(door.net.dial(dial)).failure) == "connect/local_resource");
  CHECK(verdict(door.finish(door.net.run(sleeper)).failure) == "integrity/local_resource");
  CHECK(door.took < 100ms);
}

TEST_CASE("live door: out of descriptors is our own trouble, and passes") {
  HostileServer server;
  const HostileDns dns;
  LiveDoor door;
  const Fetch fetch = fetch_of(server.port(), "ok");
  Question question;
  question.name = "ok.test";
  question.servers = {dns.server()};
  Dial dial;
  dial.address = fetch.address;
  dial.port = server.port();
  CHECK(told(door.finish(door.net.fetch(fetch)).failure) == "ok");
  std::vector<std::string> verdicts;
  {
    const NoDescriptors none;  // Catch and the sanitizers want some as well: compared afterwards
    verdicts.push_back(verdict(door.finish(door.net.fetch(fetch)).failure));
    verdicts.push_back(verdict(door.finish(door.net.dial(dial)).failure));
    verdicts.push_back(verdict(door.finish(door.net.run(command({"true"}))).failure));
    verdicts.push_back(verdict(door.finish(door.net.resolve(question)).failure));
  }
  CHECK(verdicts == std::vector<std::string>{"connect/local_resource", "connect/local_resource",
                                             "integrity/local_resource", "dns/local_resource"});
  CHECK(told(door.finish(door.net.fetch(fetch)).failure) == "ok");
  CHECK(told(door.finish(door.net.resolve(question)).failure) == "ok");
}

TEST_CASE("live door: torn down in the middle it leaves nothing open") {
  const std::size_t before = open_descriptors();
  {
    HostileServer server;  // its ends of the connections are ours as well: gone before we count again
    const HostileDns silent(HostileDns::Mood::silent);
    asio::io_context loop;
    LiveNet net(loop);  // gone before the loop: what is pending outlives it
    Question question;
    question.name = "ok.test";
    question.servers = {silent.server()};
    Dial dial;
    dial.address = *parse_address("127.0.0.1");
    dial.port = server.port();
    dial.tls.emplace();
    asio::co_spawn(loop, net.fetch(fetch_of(server.port(), "stall")), asio::detached);
    asio::co_spawn(loop, net.fetch(fetch_of(server.port(), "endless_body")), asio::detached);
    asio::co_spawn(loop, net.resolve(question), asio::detached);
    asio::co_spawn(loop, net.dial(dial), asio::detached);
    asio::co_spawn(loop, net.run(command({"sleep", "30"})), asio::detached);
    loop.run_for(10ms);
  }
  CHECK(open_descriptors() == before);
}
