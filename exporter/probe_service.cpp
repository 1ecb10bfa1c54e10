// From a request to the loop, to a prober, and back.
#include "exporter/probe_service.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>

#include "exporter/probe_metrics.hpp"
#include "exporter/probe_pages.hpp"

namespace mw {

namespace {

/// More at once would take descriptors from the checks.
constexpr std::size_t kMostProbes = 256;

WebReply metrics_reply(const std::string& page) {
  WebReply reply;
  reply.content_type = content_type(Format::text);
  reply.body = page;
  return reply;
}

WebReply method_not_allowed() {
  WebReply reply = plain(405, "method not allowed");
  reply.headers.emplace_back("Allow", "GET, HEAD");
  return reply;
}

WebReply refusal(const Probed& probed) {
  return plain(403, "not probed: " + printable(probed.failure ? probed.failure->detail : "", 512) +
                        ".\nWhat may be probed beside the configured mirrors is listed in the configuration: "
                        "[probe] allow = [hosts, globs, networks]");
}

}  // namespace

std::set<std::string> hosts_of(const Config& config) {
  std::set<std::string> hosts;
  for (const auto& pool : config.pools)
    for (const Mirror& mirror : pool->mirrors) hosts.insert(mirror.url.host);
  return hosts;
}

ProbeService::ProbeService(asio::any_io_executor executor, Net& net)
    : executor_(std::move(executor)), net_(net), policy_(std::make_shared<const ProbePolicy>()) {}

void ProbeService::configure(const Config& config, const std::string& version) {
  config_ = config.probe;
  policy_ = std::make_shared<const ProbePolicy>(hosts_of(config), config.probe.allow);
  user_agent_ = user_agent(config.agent, version);
  history_.set_limit(config.probe.history);
}

bool ProbeService::answers(const WebRequest& request) {
  return request.path == "/probe" || request.path == "/probe/history" || request.path == "/logs";
}

bool ProbeService::take(const WebRequest& request, std::function<void(WebReply)> done) {
  if (!answers(request)) return false;
  if (request.method != "GET" && request.method != "HEAD") {
    done(method_not_allowed());
    return true;
  }
  asio::post(executor_,
             [this, asked = request, done = std::move(done)]() mutable { begin(std::move(asked), std::move(done)); });
  return true;
}

void ProbeService::begin(WebRequest request, std::function<void(WebReply)> done) {
  if (request.path == "/logs") return done(probe_log_page(request, history_));
  if (request.path == "/probe/history") return done(probe_history_page(history_.all(), net_.wall()));
  auto order = read_probe_order(request, config_);
  if (auto* wrong = std::get_if<NoProbe>(&order)) {
    if (wrong->module_unknown) ++unknown_modules_;
    return done(std::move(wrong->reply));
  }
  if (running_ < kMostProbes) return start(std::get<ProbeOrder>(std::move(order)), std::move(done));
  ++turned_away_;
  done(plain(503, "too many probes are under way"));
}

void ProbeService::start(ProbeOrder order, std::function<void(WebReply)> done) {
  ++running_;
  asio::co_spawn(executor_, run(std::move(order), done), [this, done](std::exception_ptr trouble) {
    --running_;
    if (trouble) done(plain(500, "internal error: please report it"));
  });
}

ProbeTarget ProbeService::target_of(const ProbeOrder& order) const {
  ProbeTarget target;
  target.module = order.module;
  target.policy = policy_;
  target.target = order.target;
  target.hostname = order.hostname;
  target.user_agent = user_agent_;
  target.deadline = net_.now() + order.timeout;
  return target;
}

std::shared_ptr<const PastProbe> ProbeService::remember(const ProbeOrder& order, Probed& probed) {
  PastProbe past;
  past.at = net_.wall();
  past.target = order.target;
  past.module = order.module;
  past.success = probed.success;
  past.log = std::move(probed.log);
  past.page = probe_page(*order.module, probed, order.timeout);
  return history_.add(std::move(past));
}

Task<void> ProbeService::run(ProbeOrder order, std::function<void(WebReply)> done) {
  ProbeTarget target = target_of(order);
  Probed probed = co_await probe(net_, std::move(target));
  if (probed.refused) ++refused_;
  if (!probed.refused_at_once) ++(probed.success ? succeeded_ : failed_);
  const auto past = remember(order, probed);
  if (probed.refused_at_once)
    done(refusal(probed));
  else
    done(order.debug ? probe_debug_page(*past) : metrics_reply(past->page));
}

std::vector<Family> ProbeService::families() const {
  return probe_families({succeeded_, failed_, turned_away_, refused_, unknown_modules_});
}

}  // namespace mw
