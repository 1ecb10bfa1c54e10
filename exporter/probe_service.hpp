// /probe: takes requests from any thread, probes on the loop, answers from there. Its own counters besides.
#pragma once

#include <asio/any_io_executor.hpp>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "exporter/config.hpp"
#include "exporter/exposition.hpp"
#include "exporter/probe_history.hpp"
#include "exporter/probe_request.hpp"
#include "exporter/web/message.hpp"
#include "probes/modules.hpp"

namespace mw {

/// Everything but take() and families() belongs to the loop's thread. Net and executor outlive it; probes under way
/// when it goes must have been ended by closing the Net and running the loop.
class ProbeService {
 public:
  ProbeService(asio::any_io_executor, Net&);
  ProbeService(const ProbeService&) = delete;
  ProbeService& operator=(const ProbeService&) = delete;

  /// For each configuration that comes into force.
  void configure(const Config&, const std::string& version);

  /// As Deferred (web/message.hpp): /probe, /probe/history and /logs. Any thread.
  bool take(const WebRequest&, std::function<void(WebReply)> done);
  /// Whether take() would.
  static bool answers(const WebRequest&);

  /// Any thread.
  std::vector<Family> families() const;

 private:
  void begin(WebRequest, std::function<void(WebReply)>);
  void start(ProbeOrder, std::function<void(WebReply)>);
  Task<void> run(ProbeOrder, std::function<void(WebReply)>);
  ProbeTarget target_of(const ProbeOrder&) const;
  std::shared_ptr<const PastProbe> remember(const ProbeOrder&, Probed&);

  asio::any_io_executor executor_;
  Net& net_;
  ProbeConfig config_;
  std::shared_ptr<const ProbePolicy> policy_;
  std::string user_agent_;
  ProbeHistory history_;
  std::size_t running_ = 0;
  std::atomic<std::uint64_t> succeeded_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> turned_away_{0};
  std::atomic<std::uint64_t> unknown_modules_{0};
};

/// The hosts that mirrors and references are at.
std::set<std::string> hosts_of(const Config&);

}  // namespace mw
