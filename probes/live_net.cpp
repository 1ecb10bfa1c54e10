// Puts the parts of the door together; each does its work in its own file.
#include "probes/live_net.hpp"

#include <csignal>
#include <cstdlib>

#include "probes/live_compute.hpp"
#include "probes/live_dial.hpp"
#include "probes/live_echo.hpp"
#include "probes/live_exchange.hpp"
#include "probes/live_fetch.hpp"
#include "probes/live_loop.hpp"
#include "probes/live_multi.hpp"
#include "probes/live_resolve.hpp"
#include "probes/live_run.hpp"
#include "probes/live_submit.hpp"
#include "probes/live_talk.hpp"

namespace mw {

namespace {

/// Two: one long verification must not hold up a short one; more would take the machine from its owner.
constexpr std::size_t kWorkers = 2;

Task<void> live_sleep(std::shared_ptr<LiveLoop> loop, Duration duration) {
  const SteadyTime until = deadline_after(duration);
  Wakeup wakeup(loop);
  co_await wakeup.until(until);
}

}  // namespace

void forget_hostile_environment() {
  for (const char* name :
       {"http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
        "CURL_HOME", "CURL_CA_BUNDLE", "SSLKEYLOGFILE", "HOSTALIASES", "RES_OPTIONS", "LOCALDOMAIN"})
    ::unsetenv(name);
}

LiveNet::LiveNet(asio::io_context& context, Duration slow_window)
    : loop_(std::make_shared<LiveLoop>(context)), slow_window_(slow_window) {
  std::signal(SIGPIPE, SIG_IGN);
  forget_hostile_environment();
  contexts_ = make_tls_contexts();
  workers_ = make_workers(kWorkers);
}

LiveNet::~LiveNet() {
  close();
  end(*workers_);
  if (post_office_) end(*post_office_);
}

Task<Reply> LiveNet::fetch(Fetch what) {
  auto& fetcher = fetchers_[what.tls.ca_file];
  if (!fetcher) fetcher = std::make_shared<Fetcher>(loop_, slow_window_);
  return live_fetch(fetcher, std::move(what));
}

Task<Answer> LiveNet::resolve(Question question) { return live_resolve(loop_, std::move(question)); }
Task<Link> LiveNet::dial(Dial what) { return live_dial(loop_, contexts_, std::move(what)); }
Task<Receipt> LiveNet::submit(Letter letter) {
  if (!post_office_) post_office_ = make_post_office();
  return live_submit(loop_, post_office_, std::move(letter));
}

Task<TalkOpened> LiveNet::open(TalkOpening how) { return live_open(loop_, contexts_, std::move(how)); }
Task<PacketAnswer> LiveNet::exchange(Packet packet) { return live_exchange(loop_, contexts_, std::move(packet)); }
Task<Echo> LiveNet::ping(Ping what) { return live_ping(loop_, what); }

Task<Ran> LiveNet::run(Command what) { return live_run(loop_, std::move(what)); }
Task<void> LiveNet::sleep(Duration duration) { return live_sleep(loop_, duration); }
Task<void> LiveNet::compute(std::function<void()> work) { return live_compute(loop_, workers_, std::move(work)); }
SteadyTime LiveNet::now() const { return loop_->now(); }
SysTime LiveNet::wall() const { return std::chrono::system_clock::now(); }

void LiveNet::close() {
  if (post_office_) close_counters(*post_office_);
  loop_->close();
}

}  // namespace mw
