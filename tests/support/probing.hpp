// Runs one prober in a world of canned answers, in virtual time.
#pragma once

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <optional>

#include "probes/modules.hpp"
#include "tests/support/fake_net.hpp"

namespace mw {

struct Probing {
  asio::io_context loop;
  FakeNet net{loop};
  Module module;
  std::set<std::string> hosts = {"mirror.example.org", "192.0.2.7"};
  std::vector<std::string> allow;
  std::string hostname;
  Duration timeout = std::chrono::seconds(5);

  explicit Probing(Prober prober) {
    module.prober = prober;
    net.name_is("mirror.example.org", {std::nullopt, {*parse_address("192.0.2.7")}, {}});
  }

  Probed run(std::string target) {
    ProbeTarget what;
    what.module = std::make_shared<const Module>(module);
    what.policy = std::make_shared<const ProbePolicy>(hosts, allow);
    what.target = std::move(target);
    what.hostname = hostname;
    what.user_agent = "mirrorwarden/test";
    what.deadline = net.now() + timeout;
    std::optional<Probed> result;
    asio::co_spawn(loop, keep(probe(net, what), result), asio::detached);
    net.run_for(timeout + std::chrono::seconds(1));
    return result.value();
  }

 private:
  static Task<void> keep(Task<Probed> task, std::optional<Probed>& result) { result = co_await std::move(task); }
};

/// "layer/reason", or "ok".
inline std::string verdict_of(const Probed& probed) {
  if (!probed.failure) return probed.success ? "ok" : "failed without a reason";
  return std::string(name(probed.failure->layer)) + "/" + std::string(name(probed.failure->reason));
}

}  // namespace mw
