// Runs one operation of the live door to its end and says how long it took.
#pragma once

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <optional>

#include "probes/live_net.hpp"

namespace mw {

using namespace std::chrono_literals;

/// What a call may take beyond its timeout.
inline constexpr Duration kGrace = 250ms;

/// How long this thread has been kept waiting for a processor so far: busy neighbours are nobody's lateness.
/// (proc(5), schedstat: the second number, in nanoseconds. 0 where the kernel does not count.)
inline Duration starved() {
  long long waited = 0;
  if (std::FILE* schedstat = std::fopen("/proc/thread-self/schedstat", "r")) {
    if (std::fscanf(schedstat, "%*d %lld", &waited) != 1) waited = 0;
    std::fclose(schedstat);
  }
  return Duration(waited);
}

/// Long for what must not depend on a deadline, short for what is meant to meet it.
inline Duration patience(const std::optional<std::pair<Layer, Reason>>& expected) {
  return expected && expected->second == Reason::timeout ? 500ms : 10s;
}

template <class Result>
Task<void> keep(Task<Result> task, std::optional<Result>& result) {
  result = co_await std::move(task);
}

struct LiveDoor {
  asio::io_context loop;
  LiveNet net{loop, 500ms};
  Duration elapsed{};
  Duration took{};  ///< without the time in which this thread could have run but had no processor

  template <class Result>
  Result finish(Task<Result> task) {
    std::optional<Result> result;
    asio::co_spawn(loop, keep(std::move(task), result), asio::detached);
    run();
    return std::move(result.value());
  }

  void run() {
    const auto start = std::chrono::steady_clock::now();
    const Duration kept_waiting = starved();
    loop.restart();
    loop.run_for(30s);
    elapsed = std::chrono::steady_clock::now() - start;
    took = elapsed - (starved() - kept_waiting);
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
