// The door for real: the loop, libcurl, c-ares, OpenSSL and child processes behind one Net.
#pragma once

#include <asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>

#include "probes/net.hpp"

namespace mw {

class Fetcher;
class LiveLoop;
class PostOffice;
class TlsContexts;
class Workers;

/// Single-threaded: made, used and closed on the thread that runs the io_context, which outlives it.
/// Pending operations may outlive the LiveNet itself: they end promptly once it is closed.
///
/// The constructor ignores SIGPIPE and calls forget_hostile_environment(): make it before starting threads.
class LiveNet final : public Net {
 public:
  explicit LiveNet(asio::io_context&, Duration slow_window = std::chrono::seconds(10));
  ~LiveNet() override;
  LiveNet(const LiveNet&) = delete;
  LiveNet& operator=(const LiveNet&) = delete;

  Task<Reply> fetch(Fetch) override;
  Task<Answer> resolve(Question) override;
  Task<Link> dial(Dial) override;
  Task<Ran> run(Command) override;
  Task<Receipt> submit(Letter) override;
  Task<TalkOpened> open(TalkOpening) override;
  Task<PacketAnswer> exchange(Packet) override;
  Task<Echo> ping(Ping) override;
  Task<void> sleep(Duration) override;
  Task<void> compute(std::function<void()>) override;
  SteadyTime now() const override;
  SysTime wall() const override;

  /// Ends every pending operation with local_resource, and every later one at once. sleep() just returns. A letter
  /// under way takes up to a second more.
  void close();

 private:
  std::shared_ptr<LiveLoop> loop_;
  Duration slow_window_;
  std::map<std::string, std::shared_ptr<Fetcher>> fetchers_;  ///< by ca_file: each caches one trust store
  std::shared_ptr<TlsContexts> contexts_;
  std::shared_ptr<Workers> workers_;
  std::shared_ptr<PostOffice> post_office_;  ///< opened by the first letter
};

/// Unsets what libcurl, c-ares and OpenSSL would read behind the configuration's back: proxies, trust stores,
/// search domains, key logs.
void forget_hostile_environment();

}  // namespace mw
