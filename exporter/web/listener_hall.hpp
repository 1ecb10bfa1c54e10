// What all connections share. Belongs to the listener's thread, apart from the tally and the gate.
#pragma once

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>

#include "exporter/log.hpp"
#include "exporter/web/admission.hpp"
#include "exporter/web/basic_auth.hpp"
#include "exporter/web/message.hpp"
#include "exporter/web/random_secret.hpp"
#include "exporter/web/server.hpp"
#include "exporter/web/web_door.hpp"

namespace mw {

class Connection;

/// The way to the listener's thread for replies that come from elsewhere, maybe after the listener is gone.
class Gate {
 public:
  explicit Gate(asio::io_context& loop) : loop_(&loop) {}
  void post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    if (loop_ != nullptr) asio::post(*loop_, std::move(work));
  }
  void shut() {
    const std::lock_guard lock(mutex_);
    loop_ = nullptr;
  }

 private:
  std::mutex mutex_;
  asio::io_context* loop_;
};

struct Hall {
  Hall(const WebLimits& all_limits, Log& its_log)
      : limits(all_limits), log(its_log), admission(all_limits), turns(all_limits.answers, all_limits.waiting) {}

  WebLimits limits;
  Log& log;
  Admission admission;
  Turns turns;
  WebTally tally;
  Deferred deferred;
  KnownLogins logins{random_secret()};
  std::map<Address, std::size_t> checking;  ///< passwords, of whom
  asio::thread_pool checker{1};             ///< one at a time: a flood of them must leave the other processor alone
  std::unique_ptr<WebDoor> door;
  std::unique_ptr<WebServer> server;  ///< its threads ask the door
  Turns::Ticket last_ticket = 0;
  std::map<Turns::Ticket, Connection*> queued;  ///< each removes itself
  std::list<std::shared_ptr<Connection>> connections;
  bool closing = false;
  /// Sends somebody away who waits among many of the same address, for the sake of this one. False: there is nobody.
  bool displace_for(const Address& caller);

  asio::io_context loop{1};  ///< last: what waits in it refers to the rest
  std::shared_ptr<Gate> gate = std::make_shared<Gate>(loop);
};

}  // namespace mw
