// Phases, each with its deadline. The clock is not watched here: look() is called often enough.
#include "exporter/web/listener_connection.hpp"

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "exporter/web/listener_relay.hpp"
#include "exporter/web/reply_text.hpp"

namespace mw {

namespace {

constexpr std::size_t kReadAtOnce = 8 * 1024;
constexpr std::size_t kSmall = 16 * 1024;  ///< a body that is copied behind its head, to leave in one piece
constexpr std::size_t kMostDiscarded = 128 * 1024;
constexpr Duration kParting = std::chrono::seconds(1);
/// For an answer to be made. Longer than anybody's scrape timeout.
constexpr Duration kAnswering = std::chrono::minutes(5);
constexpr Duration kWaiting = std::chrono::seconds(10);
constexpr std::size_t kMostChecks = 64;  ///< of passwords, under way or waiting
constexpr std::size_t kMostChecksOfOne = 8;

SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

WebReply too_busy() {
  WebReply reply = plain(503, "too many requests at a time: try again");
  reply.headers.emplace_back("Retry-After", "1");
  return reply;
}

}  // namespace

bool Hall::displace_for(const Address& caller) {
  const auto found = queued.find(turns.displace(caller));
  if (found == queued.end()) return false;
  found->second->cut(Refusal::busy);
  return true;
}

Connection::Connection(Hall& hall, Wire::Socket socket, Address caller)
    : hall_(hall),
      wire_(std::move(socket)),
      caller_(caller),
      rules_(hall.door->rules()),
      since_(steady_now()),
      deadline_(since_),
      bell_(hall.loop, SteadyTime::max()) {
  hall_.admission.enter(caller_);
  hall_.tally.open.store(hall_.admission.open(), std::memory_order_relaxed);
}

Connection::~Connection() { leave(); }

/// Counts as gone, and holds no place any more.
void Connection::leave() {
  if (std::exchange(has_left_, true)) return;
  hall_.admission.leave(caller_);
  hall_.tally.open.store(hall_.admission.open(), std::memory_order_relaxed);
}

void Connection::enter(Phase phase, Duration allowed) {
  phase_ = phase;
  since_ = steady_now();
  deadline_ = since_ + allowed;
}

// ---- looked at from outside ---------------------------------------------------------------------------------

void Connection::look(SteadyTime now) {
  if (is_cut_) return;
  if (phase_ == Phase::replying && pace_ && pace_->is_too_slow(now)) return cut(Refusal::slow_reader);
  if (phase_ == Phase::replying || now < deadline_) return;
  if (is_late_) return cut();  // it was told once
  is_late_ = true;
  wire_.cancel();
  bell_.cancel();
}

Duration Connection::stalled(SteadyTime now) const {
  return phase_ == Phase::replying && has_turn_ && pace_ && !is_cut_ ? pace_->stalled(now) : Duration::zero();
}

void Connection::call_in() {
  hall_.queued.erase(std::exchange(ticket_, 0));
  has_turn_ = true;
  bell_.cancel();
}

void Connection::cut(Refusal why) {
  hall_.tally.count(why);
  const bool is_owed_a_word = phase_ == Phase::waiting || (why == Refusal::evicted && !is_kept_);
  if (is_owed_a_word && !rules_->tls) say_no_room(wire_.fd());
  cut();
}

void Connection::cut() {
  is_cut_ = true;
  leave();
  wire_.close();
  bell_.cancel();
}

void Connection::end() {
  cut();
  give_turn_back();
}

// ---- the life -----------------------------------------------------------------------------------------------

Task<void> Connection::serve() {
  bool goes_on = co_await greet();
  while (goes_on && !is_cut_) {
    goes_on = co_await receive_head();
    if (goes_on) goes_on = co_await receive_body();
    if (goes_on) goes_on = co_await is_welcome();
    if (goes_on) goes_on = co_await answer();
    give_turn_back();
  }
  wire_.close();
}

Task<bool> Connection::greet() {
  if (!rules_->tls) {
    enter(Phase::idle, hall_.limits.head);
    co_return true;
  }
  enter(Phase::handshake, hall_.limits.handshake);
  const std::error_code error = co_await wire_.shake_hands(rules_->tls);
  if (!error) {
    enter(Phase::idle, hall_.limits.head);
    co_return true;
  }
  if (is_cut_) co_return false;
  hall_.tally.count(is_plain_http(error) ? Refusal::other_protocol : Refusal::tls_handshake);
  if (is_plain_http(error)) {
    WebReply reply = plain(400, "this port speaks HTTPS, and that was plain HTTP: use https://");
    const std::string text = reply_head(reply, false) + reply.body;
    co_await wire_.write_raw(text);
    co_await part();
  }
  co_return false;
}

/// False: the connection is at its end.
Task<bool> Connection::receive_more() {
  const std::size_t had = input_.size();
  input_.resize(had + kReadAtOnce);
  const Moved got = co_await wire_.read_some(input_.data() + had, kReadAtOnce);
  input_.resize(had + got.bytes);
  co_return !got.error && got.bytes > 0;
}

Task<bool> Connection::receive_head() {
  head_ = {};  // a refusal now is not the answer to the last HEAD
  if (!input_.empty()) enter(Phase::head, hall_.limits.head);
  while (true) {
    auto reading = read_head(input_);
    if (auto* head = std::get_if<RequestHead>(&reading)) {
      head_ = std::move(*head);
      input_.erase(0, head_.size);
      co_return true;
    }
    if (const auto* trouble = std::get_if<HeadTrouble>(&reading)) {
      const Refusal why = trouble->is_other_protocol ? Refusal::other_protocol : Refusal::bad_request;
      co_return co_await refuse(reply_to(*trouble), why);
    }
    const bool came = co_await receive_more();
    if (came && phase_ == Phase::idle) enter(Phase::head, hall_.limits.head);
    if (!came && is_late_ && phase_ == Phase::head && !wire_.is_encrypted())
      co_return co_await refuse(plain(408, "the request did not arrive in time"), Refusal::slow_request);
    if (!came && is_late_ && !is_kept_) hall_.tally.count(Refusal::slow_request);
    if (!came) co_return false;
  }
}

Task<bool> Connection::receive_body() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  const std::size_t length = head_.body_length;
  if (input_.size() < length) {
    enter(Phase::body, hall_.limits.body);
    if (head_.awaits_continue) co_await wire_.write_some(kContinue);
  }
  while (input_.size() < length) {
    const bool came = co_await receive_more();
    if (!came && is_late_ && !wire_.is_encrypted())
      co_return co_await refuse(plain(408, "the body did not arrive in time"), Refusal::slow_request);
    if (!came) co_return false;
  }
  head_.request.body = input_.substr(0, length);
  input_.erase(0, length);
  co_return true;
}

bool Connection::keeps_alive() const {
  return head_.keeps_alive && !hall_.closing && !hall_.admission.is_tight(caller_);
}

/// False: nothing more is to be read.
Task<bool> Connection::answer() {
  enter(Phase::answering, kAnswering);
  const bool is_deferred = offer_deferred();
  bool goes_on = false;
  if (is_deferred) {
    goes_on = co_await await_deferred();
  } else {
    goes_on = co_await await_turn();
    if (goes_on) {
      Relay relay(*this);
      goes_on = co_await relay.run();
    }
  }
  is_kept_ = goes_on;
  if (goes_on) enter(Phase::idle, hall_.limits.idle);
  co_return goes_on;
}

// ---- passwords ----------------------------------------------------------------------------------------------

/// False: told so.
Task<bool> Connection::is_welcome() {
  enter(Phase::answering, kAnswering);
  rules_ = hall_.door->rules();
  const auto& users = rules_->config.users;
  if (users.empty()) co_return true;
  auto login = read_login(head_.request.authorization.reveal());
  head_.request.authorization = Secret();
  bool is_known = false;
  if (login) {
    Secret hash = hash_for(users, login->name);
    is_known = hall_.logins.knows(*login, hash);
    if (!is_known && !may_check()) co_return co_await refuse(too_busy(), Refusal::busy);
    if (!is_known) is_known = co_await has_password(std::move(*login), std::move(hash));
  }
  if (is_known || is_cut_) co_return is_known;
  WebReply reply = plain(401, "a name and a password are needed (HTTP basic authentication)");
  reply.headers.emplace_back("WWW-Authenticate", "Basic realm=\"mirrorwarden\", charset=\"UTF-8\"");
  co_return co_await refuse(std::move(reply), Refusal::unauthorized);
}

bool Connection::may_check() const {
  std::size_t all = 0;
  for (const auto& [who, count] : hall_.checking) all += count;
  const auto mine = hall_.checking.find(caller_);
  return all < kMostChecks && (mine == hall_.checking.end() || mine->second < kMostChecksOfOne);
}

/// On another thread. The loop hears of the end even when this connection is gone by then.
Task<bool> Connection::has_password(Login login, Secret hash) {
  password_.reset();
  ++hall_.checking[caller_];
  const auto heard = [hall = &hall_, self = weak_from_this(), errand = ++errand_, caller = caller_, login,
                      hash](bool is) {
    if (--hall->checking[caller] == 0) hall->checking.erase(caller);
    if (is) hall->logins.learn(login, hash);
    const auto connection = self.lock();
    if (!connection || connection->errand_ != errand) return;
    connection->password_ = is;
    connection->bell_.cancel();
  };
  asio::post(hall_.checker, [gate = hall_.gate, heard, password = login.password, hash] {
    const bool is = is_password(password, hash);
    gate->post([heard, is] { heard(is); });
  });
  while (!password_ && !is_late_ && !is_cut_) co_await ring();
  co_return password_.value_or(false) && !is_cut_;
}

// ---- answers that come by themselves ------------------------------------------------------------------------

bool Connection::offer_deferred() {
  if (!hall_.deferred) return false;
  deferred_.reset();
  // May be called after this request was given up, after this connection, after the listener: it finds nobody then.
  const auto done = [gate = hall_.gate, self = weak_from_this(), request = ++errand_](WebReply reply) {
    gate->post([self, request, reply = std::move(reply)]() mutable {
      const auto connection = self.lock();
      if (!connection || connection->errand_ != request) return;
      connection->deferred_ = std::move(reply);
      connection->bell_.cancel();
    });
  };
  return hall_.deferred(head_.request, done);
}

Task<void> Connection::ring() {
  std::error_code ignored;
  auto token = asio::redirect_error(asio::use_awaitable, ignored);
  co_await bell_.async_wait(token);
}

Task<bool> Connection::await_deferred() {
  while (!deferred_ && !is_late_ && !is_cut_) co_await ring();
  if (is_cut_) co_return false;
  ++errand_;  // what comes later is for nobody
  is_late_ = false;
  WebReply reply = deferred_ ? std::move(*deferred_) : plain(504, "the answer did not come in time");
  co_return co_await reply_with(std::move(reply), keeps_alive());
}

// ---- turns --------------------------------------------------------------------------------------------------

/// False: refused, or given up.
Task<bool> Connection::await_turn() {
  has_turn_ = hall_.turns.take(caller_);
  if (has_turn_) co_return true;
  ticket_ = ++hall_.last_ticket;
  const bool waits =
      hall_.turns.queue(caller_, ticket_) || (hall_.displace_for(caller_) && hall_.turns.queue(caller_, ticket_));
  if (!waits) {
    ticket_ = 0;
    co_return co_await refuse(too_busy(), Refusal::busy);
  }
  hall_.queued.emplace(ticket_, this);
  enter(Phase::waiting, kWaiting);
  while (!has_turn_ && !is_late_ && !is_cut_) co_await ring();
  if (has_turn_ && !is_cut_) {
    enter(Phase::answering, kAnswering);
    co_return true;
  }
  if (is_cut_) co_return false;
  give_turn_back();
  co_return co_await refuse(too_busy(), Refusal::busy);
}

void Connection::give_turn_back() {
  if (ticket_ != 0) {
    hall_.turns.give_up(caller_, ticket_);
    hall_.queued.erase(std::exchange(ticket_, 0));
  }
  if (!std::exchange(has_turn_, false)) return;
  const auto next = hall_.queued.find(hall_.turns.pass_on(caller_));
  if (next != hall_.queued.end()) next->second->call_in();
}

// ---- replies ------------------------------------------------------------------------------------------------

Task<bool> Connection::refuse(WebReply reply, Refusal why) {
  hall_.tally.count(why);
  is_late_ = false;
  co_await reply_with(std::move(reply), false);
  co_await part();
  co_return false;
}

Task<bool> Connection::reply_with(WebReply reply, bool keeps) {
  dress(reply, rules_->config.headers);
  std::string out = reply_head(reply, keeps);
  const bool with_body = head_.request.method != "HEAD";
  const bool is_small = reply.body.size() <= kSmall;
  if (with_body && is_small) out += reply.body;
  bool sent = co_await send(out);
  if (sent && with_body && !is_small) sent = co_await send(reply.body);
  co_return sent&& keeps;
}

/// False: the reader is gone, or was too slow.
Task<bool> Connection::send(std::string_view bytes) {
  if (phase_ != Phase::replying) {
    enter(Phase::replying, hall_.limits.reply);
    pace_.emplace(since_, hall_.limits.reply);
  }
  while (!bytes.empty() && !is_cut_) {
    const Moved moved = co_await wire_.write_some(bytes);
    if (moved.error) co_return false;
    pace_->took(moved.bytes, steady_now());
    bytes.remove_prefix(moved.bytes);
  }
  co_return !is_cut_;
}

/// Hears the peer out for a moment: a socket that is closed while something is unread takes the reply with it.
Task<void> Connection::part() {
  enter(Phase::parting, kParting);
  wire_.end_writing();
  std::size_t discarded = 0;
  while (!is_late_ && !is_cut_ && discarded < kMostDiscarded && !wire_.is_encrypted()) {
    input_.clear();
    const bool came = co_await receive_more();
    if (!came) co_return;
    discarded += input_.size();
  }
}

}  // namespace mw
