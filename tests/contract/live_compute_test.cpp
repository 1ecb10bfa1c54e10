// compute() and the spool of the live door: work leaves the loop's thread, the loop goes on meanwhile.
#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "probes/all.hpp"
#include "tests/contract/live_door.hpp"
#include "tests/support/hostile_server.hpp"

using namespace mw;

namespace {

Task<int> work_until_released(LiveNet& net, std::shared_future<void> released, std::thread::id& where) {
  std::function<void()> work = [released, &where] {
    where = std::this_thread::get_id();
    released.wait_for(std::chrono::seconds(10));
  };
  co_await net.compute(std::move(work));
  co_return 1;
}

Task<int> release_soon(LiveNet& net, std::promise<void>& release) {
  co_await net.sleep(20ms);
  release.set_value();
  co_return 2;
}

Task<std::vector<int>> both(LiveNet& net, std::promise<void>& release, std::thread::id& where) {
  std::vector<Task<int>> tasks;
  tasks.push_back(work_until_released(net, release.get_future().share(), where));
  tasks.push_back(release_soon(net, release));
  Task<std::vector<int>> gathered = all(std::move(tasks));
  co_return co_await std::move(gathered);
}

}  // namespace

TEST_CASE("live compute: the loop goes on while work is done elsewhere") {
  LiveDoor door;
  std::promise<void> release;
  std::thread::id where;
  const auto results = door.finish(both(door.net, release, where));
  CHECK(results == std::vector<int>{1, 2});
  CHECK(where != std::this_thread::get_id());
  CHECK(where != std::thread::id());
  CHECK(door.took < 5s);
}

TEST_CASE("a spool gives back what was put in") {
  const auto spool = Spool::make();
  REQUIRE(spool);
  CHECK(spool->append("one "));
  CHECK(spool->append("two"));
  CHECK(spool->size() == 7);
  REQUIRE(spool->rewind());
  std::string read(16, '\0');
  read.resize(std::fread(read.data(), 1, read.size(), spool->file()));
  CHECK(read == "one two");
}
