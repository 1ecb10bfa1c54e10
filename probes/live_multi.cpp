// The multi handle on the loop, after libcurl's "multi_socket" interface.
#include "probes/live_multi.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <new>

namespace mw {

Fetcher::Fetcher(std::shared_ptr<LiveLoop> loop, Duration slow_window)
    : loop_(std::move(loop)), slow_window_(slow_window), timer_(loop_->context()) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised == CURLE_OK) multi_ = curl_multi_init();
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Fetcher::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Fetcher::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

Fetcher::~Fetcher() { curl_multi_cleanup(multi_); }

bool Fetcher::add(void* easy, Transfer& owner) {
  curl_easy_setopt(easy, CURLOPT_PRIVATE, static_cast<void*>(&owner));
  return curl_multi_add_handle(multi_, easy) == CURLM_OK;
}

void Fetcher::remove(void* easy, const Transfer& owner) {
  curl_multi_remove_handle(multi_, easy);
  std::erase_if(sockets_, [&](const auto& entry) { return entry.second == &owner; });
}

// NOLINTNEXTLINE(readability-function-size): libcurl says how many parameters it passes
int Fetcher::on_socket(void*, int socket, int what, void* self, void*) {
  static_cast<Fetcher*>(self)->watch(socket, what);
  return 0;
}

void Fetcher::watch(int socket, int what) {
  if (what == CURL_POLL_REMOVE) {
    watches_.erase(socket);
    return;
  }
  auto& watch = watches_[socket];
  if (!watch) {
    const auto ready = [this, socket](bool readable, bool) {
      act(socket, readable ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
    };
    watch = std::make_unique<Watch>(loop_->context(), socket, ready);
  }
  watch->want((what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
}

int Fetcher::on_timer(void*, long timeout_ms, void* self_pointer) {
  Fetcher& self = *static_cast<Fetcher*>(self_pointer);
  self.timer_.cancel();
  if (timeout_ms < 0) return 0;
  // Even a timeout of zero goes through the loop: libcurl must not be called from its own callback.
  self.timer_.expires_after(std::chrono::milliseconds(timeout_ms));
  self.timer_.async_wait([weak = self.weak_from_this()](std::error_code error) {
    const auto fetcher = weak.lock();
    if (!error && fetcher) fetcher->act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

void Fetcher::act(int socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, socket, events, &running);
  collect();
}

void Fetcher::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    void* owner = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
    static_cast<Transfer*>(owner)->finished(message->data.result);
  }
}

int Fetcher::on_close_socket(void* self_pointer, int socket) {
  Fetcher& self = *static_cast<Fetcher*>(self_pointer);
  self.watches_.erase(socket);
  const auto owner = self.sockets_.find(socket);
  if (owner != self.sockets_.end()) {
    owner->second->before_close(socket);
    self.sockets_.erase(owner);
  }
  return ::close(socket);
}

}  // namespace mw
