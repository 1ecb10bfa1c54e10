// Runs one ecosystem's check of one mirror in virtual time: the least a test needs to arrange.
#pragma once

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>

#include "probes/ecosystem.hpp"
#include "probes/validators.hpp"
#include "tests/support/fake_net.hpp"

namespace mw {

class EcosystemRun {
 public:
  static constexpr Duration kTimeout = std::chrono::seconds(5);

  /// The pool starts with the ecosystem's default options and no canaries. `url` names an address, so that no name
  /// needs to be arranged.
  EcosystemRun(const std::string& ecosystem, const std::string& url, SysTime wall)
      : net(loop_, wall), ecosystem_(find_ecosystem(ecosystem)) {
    if (ecosystem_ == nullptr) throw std::invalid_argument("no ecosystem " + ecosystem);
    for (const EcosystemOption& one : ecosystem_->options)
      if (!one.required) pool.options[std::string(one.key)] = std::string(one.fallback);
    pool.name = "lab";
    pool.ecosystem = ecosystem;
    mirror.name = "one";
    mirror.url = std::get<Url>(parse_url(url));
  }

  /// Throws when the check does not end within twice its timeout, or ends by exception.
  Finding look(CheckKind kind) {
    Target target{std::make_shared<const Pool>(pool), std::make_shared<const Mirror>(mirror), nullptr, "test/1", {}};
    AddressPolicy policy{configured};
    policy.configured_hosts.insert(mirror.url.host);
    target.policy = std::make_shared<const AddressPolicy>(std::move(policy));
    target.deadline = net.now() + kTimeout;
    target.round = round;
    target.remembered = std::make_shared<const std::map<std::string, std::string>>(remembered);
    target.reference_remembered = std::make_shared<const std::map<std::string, std::string>>(reference_remembered);
    target.validators = validators;
    const auto gather = kind == CheckKind::integrity ? ecosystem_->integrity : ecosystem_->freshness;
    std::optional<Finding> finding;
    std::exception_ptr trouble;
    asio::co_spawn(loop_, keep(net, gather(net, target), finding, took_), [&](std::exception_ptr e) { trouble = e; });
    net.run_for(2 * kTimeout);
    if (trouble) std::rethrow_exception(trouble);
    if (!finding) throw std::runtime_error("the check did not end");
    for (const auto& [key, value] : finding->remember) remembered[key] = value;
    return *finding;
  }

  /// Virtual time that the last look took.
  Duration took() const { return took_; }

 private:
  static Task<void> keep(Net& net, Task<Finding> task, std::optional<Finding>& out, Duration& took) {
    const SteadyTime start = net.now();
    Finding finding = co_await std::move(task);
    took = net.now() - start;
    out = std::move(finding);
  }

  asio::io_context loop_;

 public:
  FakeNet net;
  Pool pool;
  Mirror mirror;
  std::set<std::string> configured;  ///< hosts beside the mirror's that may be anywhere
  std::uint64_t round = 0;
  std::map<std::string, std::string> remembered;  ///< grows by what each look asks to remember
  std::map<std::string, std::string> reference_remembered;
  std::shared_ptr<Validators> validators;  ///< null: every request is unconditional

 private:
  const Ecosystem* ecosystem_;
  Duration took_{};
};

}  // namespace mw
