// Wiring, signals, reload and shutdown.
#include "exporter/agent.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <atomic>
#include <csignal>
#include <future>

#include "alerts/layout.hpp"
#include "exporter/build_info.hpp"
#include "exporter/count_book.hpp"
#include "exporter/list_watch.hpp"
#include "exporter/metrics_page.hpp"
#include "exporter/own_metrics.hpp"
#include "exporter/probe_service.hpp"
#include "exporter/process_metrics.hpp"
#include "exporter/published.hpp"
#include "exporter/warden.hpp"
#include "exporter/web/routes.hpp"
#include "exporter/web/server.hpp"
#include "probes/duration.hpp"
#include "probes/live_net.hpp"
#include "probes/live_state.hpp"

namespace mw {

namespace {

constexpr Duration kShutdownLimit = std::chrono::seconds(5);
constexpr Duration kLoopLagPeriod = std::chrono::milliseconds(500);
constexpr std::chrono::seconds kReloadPatience(10);
/// Of the web server's eight threads this many may wait for a probe; the others are for everybody else.
constexpr int kMostWaiting = 5;

std::string describe(const Verdict& verdict) {
  std::string text(name(verdict.state));
  if (verdict.failure)
    text += "(" + std::string(name(verdict.failure->layer)) + "/" + std::string(name(verdict.failure->reason)) + ")";
  return text;
}

DeliveryOutcome outcome_of(const Delivery& delivery) {
  if (delivery.outcome == Acceptance::accepted) return DeliveryOutcome::delivered;
  if (delivery.status == 0) return DeliveryOutcome::failed_network;
  if (delivery.status == 429) return DeliveryOutcome::rate_limited;
  if (delivery.outcome == Acceptance::later) return DeliveryOutcome::failed_server_error;
  return DeliveryOutcome::failed_client_error;  // HTTP and SMTP number their statuses differently
}

/// Counts and logs what the warden does, and hands its pictures to the web side.
class Ledgers final : public WardenEvents, public ListEvents {
 public:
  Ledgers(Log& log, OwnMetrics& own, CountBook& counts, Shared<Published>& published)
      : log_(log), own_(own), counts_(counts), published_(published) {}

  void published(std::shared_ptr<const Published> picture) override { published_.store(std::move(picture)); }
  void verdict_changed(const VerdictChange& change) override {
    log_.info("verdict changed", {{"pool", change.key.pool},
                                  {"mirror", change.key.mirror},
                                  {"from", describe(change.before)},
                                  {"to", describe(change.after)},
                                  {"detail", change.after.failure ? change.after.failure->detail : "-"}});
  }
  void check_started(Duration late) override { own_.check_started(late); }
  void check_finished(const MirrorKey& key, const Finding& finding) override {
    own_.check_finished();
    counts_.ended(key, finding);
  }
  void slot_missed(const MirrorKey& key, CheckKind check) override { counts_.missed(key, check); }
  void put_off(const MirrorKey& key, CheckKind, PutOff why) override { counts_.put_off(key, why); }
  void delivered(const std::string& receiver, const Parcel& parcel, const Delivery& delivery) override {
    own_.notification(receiver, outcome_of(delivery));
    log_.write(delivery.outcome == Acceptance::accepted ? LogLevel::info : LogLevel::warn,
               delivery.outcome == Acceptance::accepted ? "notice delivered" : "notice not accepted, will try again",
               {{"receiver", receiver},
                {"message", parcel.message.id},
                {"about", headline(parcel.message)},
                {"alerts", std::to_string(parcel.items.size())},
                {"attempt", std::to_string(parcel.attempts)},
                {"error", delivery.error.empty() ? "-" : delivery.error}});
  }
  void dropped(const std::string& receiver, const std::string& message) override {
    log_.warn("message given up: nothing is known any more of what it was about",
              {{"receiver", receiver}, {"message", message}});
  }
  /// Each minute: worth a line only when it fails.
  void resent(const std::string& receiver, std::size_t alerts, const Delivery& delivery) override {
    own_.notification(receiver, outcome_of(delivery));
    const bool taken = delivery.outcome == Acceptance::accepted;
    log_.write(taken ? LogLevel::debug : LogLevel::warn,
               taken ? "alerts told again" : "alerts not told again, will try in the next round",
               {{"receiver", receiver},
                {"alerts", std::to_string(alerts)},
                {"error", delivery.error.empty() ? "-" : delivery.error}});
  }
  void restored(std::size_t records, std::size_t passed_over) override {
    log_.info("state restored", {{"records", std::to_string(records)}, {"passed_over", std::to_string(passed_over)}});
  }
  /// Once when it begins to fail and once when it works again: a full disk must not fill the log as well.
  void saved(const std::optional<std::string>& trouble) override {
    own_.state_saved(!trouble.has_value());
    if (trouble && !std::exchange(state_fails_, true))
      log_.error("state cannot be saved; probing and alerting go on from memory", {{"error", *trouble}});
    if (!trouble && std::exchange(state_fails_, false)) log_.info("state is saved again");
  }
  /// As saved().
  void vouched(Vouched outcome, const std::string& why) override {
    own_.vouched(outcome);
    if (why != std::exchange(not_vouched_, why))
      log_.write(why.empty() ? LogLevel::info : LogLevel::warn,
                 why.empty()                    ? "the watchdog hears of us again"
                 : outcome == Vouched::withheld ? "the watchdog is not told that we live"
                                                : "the watchdog could not be told that we live",
                 {{"error", why.empty() ? "-" : why}});
  }
  void list_read(const ListLook& look, const ListedMirrors& list) override {
    own_.list_read(look.pool, name(look.kind), list.skipped.size());
    list_trouble_.erase({look.pool, look.where});
    log_.info("list of mirrors read", {{"pool", look.pool},
                                       {"list", look.where},
                                       {"mirrors", std::to_string(list.mirrors.size())},
                                       {"skipped", std::to_string(list.skipped.size())}});
    for (const NotListed& skipped : list.skipped) skipped_target(look.pool, skipped);
  }
  void skipped_target(const std::string& pool, const NotListed& skipped) {
    log_.warn("listed target skipped: it is no mirror",
              {{"pool", pool}, {"target", skipped.target}, {"error", skipped.why}});
  }
  /// As saved(), for each list.
  void list_failed(const ListLook& look, const std::string& why) override {
    own_.list_failed(look.pool, name(look.kind));
    if (std::exchange(list_trouble_[{look.pool, look.where}], why) == why) return;
    log_.warn("list of mirrors cannot be read; what it said before stays",
              {{"pool", look.pool}, {"list", look.where}, {"error", why}});
  }
  void list_task_died(const std::string& what) override { coroutine_died(what); }
  void coroutine_died(const std::string& what) override {
    own_.coroutine_died();
    log_.error("internal error: please report it", {{"what", what}});
  }

 private:
  Log& log_;
  OwnMetrics& own_;
  CountBook& counts_;
  Shared<Published>& published_;
  bool state_fails_ = false;
  std::string not_vouched_;                                                  ///< why, the last time
  std::map<std::pair<std::string, std::string>, std::string> list_trouble_;  ///< by pool and list, why, the last time
};

class Agent {
 public:
  Agent(const AgentOptions& options, Config config, std::shared_ptr<StateFile> state, Log& log)
      : options_(options),
        log_(log),
        own_(build_info(), std::chrono::system_clock::now()),
        ledgers_(log, own_, counts_, published_),
        net_(loop_),
        probes_(loop_.get_executor(), net_),
        warden_(loop_.get_executor(), net_, ledgers_, build_info().version, std::move(state)),
        lists_(loop_.get_executor(), net_, ledgers_, [this] { apply(); }),
        signals_(loop_, SIGHUP, SIGTERM, SIGINT) {
    adopt(std::move(config));
  }

  int run() {
    auto started = WebServer::start(options_.listen, [this](const WebRequest& request) { return answer_web(request); });
    if (const auto* error = std::get_if<std::string>(&started)) {
      log_.error("cannot listen", {{"address", options_.listen}, {"error", *error}});
      return 1;
    }
    web_ = std::get<std::unique_ptr<WebServer>>(std::move(started));
    log_.info("listening", {{"address", options_.listen}, {"version", build_info().version}});
    wait_for_signal();
    asio::co_spawn(loop_, measure_loop_lag(), asio::detached);
    while (!stopping_ && loop_.run_one() > 0) continue;
    loop_.run_for(kShutdownLimit);  // what close() has cut short ends by itself
    warden_.save_finally();
    over_ = true;
    web_.reset();
    return 0;
  }

 private:
  void adopt(Config config) {
    const bool first = config_ == nullptr;
    config_ = std::make_shared<const Config>(with_endpoints(std::move(config)));
    own_.reload(true, net_.wall());
    lists_.configure(*config_, user_agent(config_->agent, build_info().version));
    // What the state knows of listed mirrors is taken up now or never. Each answer has a deadline.
    while (first && !lists_.has_asked_all() && loop_.run_one() > 0) continue;
    apply();
  }

  /// The configuration with what is listed now.
  void apply() {
    WithLists made = with_listed(*config_, lists_.hand_over());
    for (const auto& [pool, skipped] : made.skipped) ledgers_.skipped_target(pool, skipped);
    auto shared = std::make_shared<const Config>(std::move(made.config));
    own_.configured(*shared, net_.wall());
    counts_.configured(*shared, net_.wall());
    probes_.configure(*shared, build_info().version);
    warden_.configure(std::move(shared));
  }

  /// Keeps the old configuration when the file is bad. The reason, if it failed.
  std::optional<std::string> reload() {
    auto loaded = load_config(options_.config_file);
    if (auto* config = std::get_if<Config>(&loaded)) {
      adopt(std::move(*config));
      log_.info("configuration reloaded", {{"file", options_.config_file}});
      return std::nullopt;
    }
    own_.reload(false, net_.wall());
    std::string reasons;
    for (const ConfigError& error : std::get<std::vector<ConfigError>>(loaded)) reasons += to_string(error) + "\n";
    log_.error("configuration not reloaded, the old one stays", {{"file", options_.config_file}, {"error", reasons}});
    return reasons;
  }

  /// From a web thread: the loop does the work, the thread waits for its word.
  std::optional<std::string> reload_from_outside() {
    const auto done = on_loop<std::optional<std::string>>(
        [this] { return stopping_ ? std::optional<std::string>("the agent is stopping") : reload(); });
    return done ? *done : "the agent did not answer in time";
  }

  /// From a web thread. Nothing: the loop did not come to it in time; it still may.
  template <class Result>
  std::optional<Result> on_loop(std::function<Result()> work) {
    auto promise = std::make_shared<std::promise<Result>>();
    auto future = promise->get_future();
    asio::post(loop_, [promise, work = std::move(work)] { promise->set_value(work()); });
    if (future.wait_for(kReloadPatience) != std::future_status::ready) return std::nullopt;
    return future.get();
  }

  Orders orders() {
    using Laid = std::variant<std::string, NotLaid>;
    Orders orders;
    orders.lay = [this](const Silence& wanted) {
      const auto laid = on_loop<Laid>([this, wanted] { return warden_.lay(wanted); });
      return laid ? *laid : Laid(NotLaid{"could not be laid: the agent did not answer in time"});
    };
    orders.lift = [this](const std::string& id) { return on_loop<bool>([this, id] { return warden_.lift(id); }); };
    orders.acknowledge = [this](const AcknowledgeOrder& order) {
      return on_loop<std::size_t>([this, order] { return warden_.acknowledge(order.matchers, order.by); });
    };
    return orders;
  }

  std::vector<Family> own_families() const {
    std::vector<Family> families = own_.collect();
    for (Family& family : probes_.families()) families.push_back(std::move(family));
    for (Family& family : process_families()) families.push_back(std::move(family));
    return families;
  }

  /// Nothing: the request is not one for probes. The web server's thread waits here; a server whose threads need not
  /// wait hands its requests to probes_.take() itself.
  std::optional<WebReply> answer_probe(const WebRequest& request) {
    if (!ProbeService::answers(request)) return std::nullopt;
    if (++waiting_ > kMostWaiting) {
      --waiting_;
      return plain(503, "too many probes are under way");
    }
    auto promise = std::make_shared<std::promise<WebReply>>();
    auto future = promise->get_future();
    probes_.take(request, [promise](WebReply reply) { promise->set_value(std::move(reply)); });
    while (!over_ && future.wait_for(kLoopLagPeriod) != std::future_status::ready) continue;
    --waiting_;
    return over_ ? plain(503, "the agent is stopping") : future.get();
  }

  WebReply answer_web(const WebRequest& request) {
    if (auto reply = answer_probe(request)) return std::move(*reply);
    Site site;
    site.published = published_.load();
    site.now = std::chrono::system_clock::now();
    site.build = build_info();
    site.metrics_path = options_.telemetry_path;
    site.own_families = [this] { return own_families(); };
    site.pages = &pages_;
    site.reload = [this] { return reload_from_outside(); };
    site.orders = orders();
    return answer(request, site);
  }

  void wait_for_signal() {
    signals_.async_wait([this](const std::error_code& error, int signal) {
      if (error) return;
      if (signal != SIGHUP) return stop();
      ask_for_reload();
      wait_for_signal();
    });
  }

  /// A storm of signals is one reload per turn of the loop.
  void ask_for_reload() {
    if (std::exchange(reload_asked_, true)) return;
    asio::post(loop_, [this] {
      reload_asked_ = false;
      reload();
    });
  }

  void stop() {
    log_.info("stopping");
    stopping_ = true;
    warden_.stop();
    lists_.stop();
    net_.close();
    signals_.cancel();
  }

  Task<void> measure_loop_lag() {
    while (!stopping_) {
      const auto before = std::chrono::steady_clock::now();
      co_await net_.sleep(kLoopLagPeriod);
      const Duration late = std::chrono::steady_clock::now() - before - kLoopLagPeriod;
      if (!stopping_) own_.loop_lag(std::max(late, Duration::zero()));
    }
  }

  AgentOptions options_;
  Log& log_;
  Shared<Published> published_;
  OwnMetrics own_;
  CountBook counts_;
  MetricsPages pages_{&counts_};
  Ledgers ledgers_;
  asio::io_context loop_;
  LiveNet net_;
  ProbeService probes_;
  std::atomic<int> waiting_{0};
  std::atomic<bool> over_{false};
  Warden warden_;
  ListWatch lists_;
  std::shared_ptr<const Config> config_;  ///< without what is listed elsewhere
  asio::signal_set signals_;
  bool reload_asked_ = false;
  bool stopping_ = false;
  std::unique_ptr<WebServer> web_;
};

/// Null where none is configured; nothing when it cannot be opened, which has then been logged.
std::optional<std::shared_ptr<StateFile>> open_configured_state(const std::string& directory, Log& log) {
  if (directory.empty()) return std::shared_ptr<StateFile>();
  auto opened = open_state(directory);
  if (const auto* why = std::get_if<std::string>(&opened)) {
    log.error("cannot open the state", {{"error", *why}});
    return std::nullopt;
  }
  auto& state = std::get<StateOpened>(opened);
  if (!state.moved_aside.empty()) log.warn("the state was damaged and begins anew", {{"damaged", state.moved_aside}});
  return std::move(state.file);
}

}  // namespace

int run_agent(const AgentOptions& options, Config config, Log& log) {
  auto state = open_configured_state(config.agent.state, log);
  if (!state) return 1;
  return Agent(options, std::move(config), std::move(*state), log).run();
}

}  // namespace mw
