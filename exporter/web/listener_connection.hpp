// One connection, from its first byte to its last: read a request, have it answered, write the reply, again.
#pragma once

#include <asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/web/listener_hall.hpp"
#include "exporter/web/listener_wire.hpp"
#include "exporter/web/request_head.hpp"
#include "probes/net.hpp"

namespace mw {

class Relay;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Hall& hall, Wire::Socket socket, Address caller);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Task<void> serve();

  // ---- for the listener, which looks at all connections now and then

  /// Cuts short what has lasted too long.
  void look(SteadyTime now);
  /// Nothing would be lost with it: no request of it has arrived whole, or its last one is done with.
  bool is_silent() const { return (phase_ <= Phase::head || phase_ == Phase::parting) && !is_cut_; }
  /// How long its reader has taken nothing, while others wait for the place that it holds.
  Duration stalled(SteadyTime now) const;
  SteadyTime since() const { return since_; }
  const Address& caller() const { return caller_; }
  /// Its turn has come.
  void call_in();
  /// At once, with a word at most.
  void cut(Refusal why);
  void cut();
  /// After serve(), however it ended.
  void end();

 private:
  friend class Relay;
  enum class Phase : std::uint8_t { handshake, idle, head, body, waiting, answering, replying, parting };

  Task<bool> greet();
  Task<bool> receive_head();
  Task<bool> receive_body();
  Task<bool> receive_more();
  Task<bool> is_welcome();
  Task<bool> has_password(Login login, Secret hash);
  bool may_check() const;
  Task<bool> answer();
  Task<bool> await_deferred();
  Task<bool> await_turn();
  void give_turn_back();
  Task<bool> refuse(WebReply reply, Refusal why);
  Task<bool> reply_with(WebReply reply, bool keeps_alive);
  Task<bool> send(std::string_view bytes);
  Task<void> part();
  Task<void> ring();
  bool offer_deferred();
  bool keeps_alive() const;
  void enter(Phase phase, Duration allowed);
  void leave();

  Hall& hall_;
  Wire wire_;
  Address caller_;
  std::shared_ptr<const WebRules> rules_;
  Phase phase_ = Phase::handshake;
  SteadyTime since_;      ///< of the phase
  SteadyTime deadline_;   ///< of the phase
  bool is_kept_ = false;  ///< it has had a reply, and may send another request
  bool is_late_ = false;
  bool is_cut_ = false;
  bool has_left_ = false;
  std::string input_;  ///< read and not yet used
  RequestHead head_;
  std::uint64_t errand_ = 0;  ///< what comes back from elsewhere for an earlier one is for nobody
  std::optional<WebReply> deferred_;
  std::optional<bool> password_;
  Turns::Ticket ticket_ = 0;
  bool has_turn_ = false;
  std::optional<ReaderPace> pace_;
  asio::steady_timer bell_;  ///< never expires: cancelled when what is waited for is there
};

}  // namespace mw
