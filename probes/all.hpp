// Running several tasks at once and waiting for all: how one check looks at every address of a name.
#pragma once

#include <asio/async_result.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "probes/net.hpp"

namespace mw {

/// Results in the order of the tasks. If any task throws, the first exception is rethrown after all have ended.
/// Single-threaded: all tasks run on the caller's executor.
template <class T>
Task<std::vector<T>> all(std::vector<Task<T>> tasks) {
  struct Gathering {
    std::vector<T> results;
    std::size_t running = 0;
    std::exception_ptr trouble;
    std::function<void()> done;
  };
  const auto executor = co_await asio::this_coro::executor;
  const auto state = std::make_shared<Gathering>();
  state->results.resize(tasks.size());
  state->running = tasks.size();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    asio::co_spawn(executor, std::move(tasks[i]), [state, i](std::exception_ptr trouble, T result) {
      if (trouble && !state->trouble) state->trouble = trouble;
      state->results[i] = std::move(result);
      if (--state->running == 0 && state->done) state->done();
    });
  }
  if (state->running > 0) {
    // Named, not passed inline: GCC 12 destroys temporaries of a co_await expression twice.
    auto start = [state, executor](auto handler) {
      auto shared = std::make_shared<decltype(handler)>(std::move(handler));
      state->done = [shared, executor] { asio::post(executor, [shared] { std::move (*shared)(); }); };
    };
    Task<void> ended =
        asio::async_initiate<decltype(asio::use_awaitable), void()>(std::move(start), asio::use_awaitable);
    co_await std::move(ended);
    state->done = nullptr;
  }
  if (state->trouble) std::rethrow_exception(state->trouble);
  co_return std::move(state->results);
}

}  // namespace mw
