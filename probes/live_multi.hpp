// libcurl's multi handle driven by the loop: sockets, timers, finished transfers. Its callbacks only record.
// Knows nothing of HTTP; shows nothing of libcurl (whose handles are void* in C++ as well).
#pragma once

#include <map>
#include <memory>

#include "probes/live_loop.hpp"

namespace mw {

/// What an easy handle's owner hears, inside libcurl's callbacks.
struct Transfer {
  virtual void finished(int curl_code) = 0;
  virtual void before_close(int socket) = 0;  ///< the socket is still open

 protected:
  ~Transfer() = default;
};

/// One multi handle: the parsed CA bundle is shared by the transfers on it, connections are not.
class Fetcher : public std::enable_shared_from_this<Fetcher> {
 public:
  Fetcher(std::shared_ptr<LiveLoop>, Duration slow_window);
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  const std::shared_ptr<LiveLoop>& loop() const { return loop_; }
  Duration slow_window() const { return slow_window_; }

  /// False when libcurl would not take it.
  bool add(void* easy, Transfer& owner);
  void remove(void* easy, const Transfer& owner);
  void opened(int socket, Transfer& owner) { sockets_[socket] = &owner; }
  /// For CURLOPT_CLOSESOCKETFUNCTION, with this as its data.
  static int on_close_socket(void* self, int socket);

 private:
  static int on_socket(void* easy, int socket, int what, void* self, void*);
  static int on_timer(void* multi, long timeout_ms, void* self);
  void watch(int socket, int what);
  void act(int socket, int events);
  void collect();

  std::shared_ptr<LiveLoop> loop_;
  Duration slow_window_;
  void* multi_ = nullptr;
  asio::steady_timer timer_;
  std::map<int, std::unique_ptr<Watch>> watches_;
  std::map<int, Transfer*> sockets_;
};

}  // namespace mw
