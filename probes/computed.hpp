// A value that is worked out where its size belongs: small work in place, large work off the loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "probes/net.hpp"

namespace mw {

/// What `work` returns. `bytes` is how much it looks at; `work` must own what it touches and must not throw.
template <class T>
Task<T> computed(Net& net, std::size_t bytes, std::function<T()> work) {
  if (bytes <= kComputeInPlace) co_return work();
  const auto result = std::make_shared<std::optional<T>>();
  std::function<void()> job = [result, work = std::move(work)] { *result = work(); };
  Task<void> running = net.compute(std::move(job));
  co_await std::move(running);
  co_return std::move(**result);
}

}  // namespace mw
