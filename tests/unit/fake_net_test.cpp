// Virtual time: sleeping takes none of ours, order is by due time, and troubles take as long as they should.
#include "tests/support/fake_net.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <catch2/catch.hpp>

#include "probes/all.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

Task<int> sleep_then(Net& net, Duration duration, int value) {
  co_await net.sleep(duration);
  co_return value;
}

Task<void> gather(Net& net, std::vector<int>& out, Duration& took) {
  const SteadyTime start = net.now();
  std::vector<Task<int>> tasks;
  tasks.push_back(sleep_then(net, 3h, 1));
  tasks.push_back(sleep_then(net, 1h, 2));
  tasks.push_back(sleep_then(net, 0s, 3));
  out = co_await all(std::move(tasks));
  took = net.now() - start;
}

Task<void> fetch_once(Net& net, Fetch fetch, Reply& reply) { reply = co_await net.fetch(fetch); }

}  // namespace

TEST_CASE("several tasks at once take as long as the longest, in no real time") {
  asio::io_context loop;
  FakeNet net(loop);
  std::vector<int> results;
  Duration took{};
  asio::co_spawn(loop, gather(net, results, took), asio::detached);
  net.run_for(72h);
  CHECK(results == std::vector<int>{1, 2, 3});
  CHECK(took == 3h);
  CHECK(net.now().time_since_epoch() == 72h);
}

TEST_CASE("a silent host takes the whole timeout, a refusing one none") {
  asio::io_context loop;
  FakeNet net(loop);
  net.host("127.0.0.2:80").trouble = "silent";
  Fetch fetch;
  fetch.url = std::get<Url>(parse_url("http://127.0.0.2/"));
  fetch.address = *parse_address("127.0.0.2");
  fetch.timeout = 5s;
  Reply reply;
  asio::co_spawn(loop, fetch_once(net, fetch, reply), asio::detached);
  net.run_for(4999ms);
  CHECK_FALSE(reply.failure);
  net.run_for(1ms);
  REQUIRE(reply.failure);
  CHECK(reply.failure->reason == Reason::timeout);
  fetch.url.port = 81;
  asio::co_spawn(loop, fetch_once(net, fetch, reply), asio::detached);
  net.run_for(1ms);
  CHECK(reply.failure->reason == Reason::refused);
}
