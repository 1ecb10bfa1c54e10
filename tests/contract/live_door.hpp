// Runs one operation of the live door to its end and says how long it took.
#pragma once

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <optional>

#include "probes/live_net.hpp"

namespace mw {

using namespace std::chrono_literals;

/// What a call may take beyond its timeout.
inline constexpr Duration kGrace = 250ms;

template <class Result>
Task<void> keep(Task<Result> task, std::optional<Result>& result) {
  result = co_await std::move(task);
}

struct LiveDoor {
  asio::io_context loop;
  LiveNet net{loop, 500ms};
  Duration took{};

  template <class Result>
  Result finish(Task<Result> task) {
    std::optional<Result> result;
    asio::co_spawn(loop, keep(std::move(task), result), asio::detached);
    run();
    return std::move(result.value());
  }

  void run() {
    const auto start = std::chrono::steady_clock::now();
    loop.restart();
    loop.run_for(30s);
    took = std::chrono::steady_clock::now() - start;
  }
};

inline Fetch fetch_of(std::uint16_t port, std::string_view path) {
  Fetch fetch;
  fetch.url.scheme = "http";
  fetch.url.host = "mirror.test";
  fetch.url.port = port;
  fetch.url.target = "/" + std::string(path);
  fetch.address = *parse_address("127.0.0.1");
  fetch.timeout = 500ms;
  return fetch;
}

inline std::string told(const std::optional<Failure>& failure) {
  if (!failure) return "ok";
  return std::string(name(failure->layer)) + "/" + std::string(name(failure->reason)) + " " +
         printable(failure->detail);
}

/// "layer/reason" or "ok", for comparison.
inline std::string verdict(const std::optional<Failure>& failure) {
  return failure ? std::string(name(failure->layer)) + "/" + std::string(name(failure->reason)) : "ok";
}

inline std::string verdict(const std::optional<std::pair<Layer, Reason>>& expected) {
  return expected ? std::string(name(expected->first)) + "/" + std::string(name(expected->second)) : "ok";
}

}  // namespace mw
