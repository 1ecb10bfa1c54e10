// The pool. Work shares nothing with the loop while it runs; only its end is posted back.
#include "probes/live_compute.hpp"

#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>

#include "probes/all.hpp"

namespace mw {

class Workers {
 public:
  explicit Workers(std::size_t threads) : pool(threads) {}
  asio::thread_pool pool;
};

std::shared_ptr<Workers> make_workers(std::size_t threads) { return std::make_shared<Workers>(threads); }

void end(Workers& workers) {
  workers.pool.stop();
  workers.pool.join();
}

Task<void> live_compute(std::shared_ptr<LiveLoop> loop, std::shared_ptr<Workers> workers, std::function<void()> work) {
  const auto executor = loop->context().get_executor();
  // Named, not passed inline: GCC 12 destroys temporaries of a co_await expression twice.
  auto start = [&workers, &work, executor](auto handler) {
    // The guard keeps the loop running although nothing on it waits.
    auto guard = std::make_shared<asio::executor_work_guard<asio::io_context::executor_type>>(executor);
    asio::post(workers->pool, [work = std::move(work), done = waker(std::move(handler), executor), guard] {
      work();
      done();
    });
  };
  Task<void> done = asio::async_initiate<decltype(asio::use_awaitable), void()>(std::move(start), asio::use_awaitable);
  co_await std::move(done);
  loop->begin_turn();
}

}  // namespace mw
