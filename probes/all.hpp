// Running several tasks at once and waiting for all: how one check looks at every address of a name.
#pragma once

#include <asio/any_io_executor.hpp>
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

template <class T>
struct Gathering {
  std::vector<T> results;
  std::size_t running = 0;
  std::exception_ptr trouble;
  std::function<void()> done;

  void take(std::size_t i, std::exception_ptr error, T result) {
    if (error && !trouble) trouble = error;
    results[i] = std::move(result);
    if (--running == 0 && done) done();
  }
};

/// A function that resumes `handler` from the loop, never from within its own call. A std::function must be copyable
/// and a handler is not: hence the sharing.
template <class Handler>
std::function<void()> waker(Handler handler, const asio::any_io_executor& executor) {
  auto shared = std::make_shared<Handler>(std::move(handler));
  return [shared, executor] { asio::post(executor, [shared] { std::move (*shared)(); }); };
}

/// Ends when `wake` is called, which it sets.
inline Task<void> until_woken(std::function<void()>& wake) {
  const auto executor = co_await asio::this_coro::executor;
  // Named, not passed inline: GCC 12 destroys temporaries of a co_await expression twice.
  auto start = [&wake, executor](auto handler) { wake = waker(std::move(handler), executor); };
  Task<void> woken = asio::async_initiate<decltype(asio::use_awaitable), void()>(std::move(start), asio::use_awaitable);
  co_await std::move(woken);
  wake = nullptr;
}

/// Results in the order of the tasks. If any task throws, the first exception is rethrown after all have ended.
/// Single-threaded: all tasks run on the caller's executor.
template <class T>
Task<std::vector<T>> all(std::vector<Task<T>> tasks) {
  const auto executor = co_await asio::this_coro::executor;
  const auto state = std::make_shared<Gathering<T>>();
  state->results.resize(tasks.size());
  state->running = tasks.size();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    asio::co_spawn(executor, std::move(tasks[i]),
                   [state, i](std::exception_ptr trouble, T result) { state->take(i, trouble, std::move(result)); });
  }
  if (state->running > 0) co_await until_woken(state->done);
  if (state->trouble) std::rethrow_exception(state->trouble);
  co_return std::move(state->results);
}

}  // namespace mw
