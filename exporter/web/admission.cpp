// Counting and choosing.
#include "exporter/web/admission.hpp"

#include <algorithm>
#include <tuple>

namespace mw {

namespace {

constexpr double kGoodBytesPerSecond = 64.0 * 1024;

}  // namespace

std::string_view name(Refusal why) {
  constexpr std::array<std::string_view, kRefusals> kNames = {
      "too_many",    "too_many_of_one", "evicted",        "busy",          "slow_request",
      "slow_reader", "bad_request",     "other_protocol", "tls_handshake", "unauthorized"};
  return kNames.at(static_cast<std::size_t>(why));
}

// ---- connections --------------------------------------------------------------------------------------------

std::size_t Admission::open_of(const Address& caller) const {
  const auto found = of_.find(caller);
  return found == of_.end() ? 0 : found->second;
}

bool Admission::is_full_for(const Address& caller) const {
  return caller != kUnixCaller && open_of(caller) >= limits_.connections_of_one;
}

bool Admission::is_tight(const Address& caller) const {
  const std::size_t of_one = caller == kUnixCaller ? 0 : open_of(caller);
  return open_ * 4 > limits_.connections * 3 || of_one * 4 > limits_.connections_of_one * 3;
}

void Admission::enter(const Address& caller) {
  ++open_;
  ++of_[caller];
}

void Admission::leave(const Address& caller) {
  --open_;
  const auto found = of_.find(caller);
  if (--found->second == 0) of_.erase(found);
}

// ---- turns --------------------------------------------------------------------------------------------------

bool Turns::take(const Address& caller) {
  if (taken_ >= places_ || waiting_ > 0) return false;
  ++taken_;
  ++callers_[caller].places;
  return true;
}

bool Turns::queue(const Address& caller, Ticket ticket) {
  if (waiting_ >= most_waiting_) return false;
  ++waiting_;
  callers_[caller].queue.push_back(ticket);
  return true;
}

Turns::Ticket Turns::displace(const Address& for_whom) {
  const auto is_shorter = [](const auto& a, const auto& b) { return a.second.queue.size() < b.second.queue.size(); };
  const auto longest = std::max_element(callers_.begin(), callers_.end(), is_shorter);
  const auto own = callers_.find(for_whom);
  const std::size_t length = own == callers_.end() ? 0 : own->second.queue.size();
  if (longest == callers_.end() || longest->second.queue.size() < length + 2) return 0;
  const Ticket ticket = longest->second.queue.back();
  longest->second.queue.pop_back();
  --waiting_;
  forget_if_gone(Address(longest->first));
  return ticket;
}

void Turns::give_up(const Address& caller, Ticket ticket) {
  const auto found = callers_.find(caller);
  if (found == callers_.end()) return;
  waiting_ -= std::erase(found->second.queue, ticket);
  forget_if_gone(caller);
}

Turns::Ticket Turns::pass_on(const Address& caller) {
  --callers_[caller].places;
  const auto rank = [](const Caller& each) {
    return std::tuple(each.queue.empty(), each.places, each.queue.empty() ? Ticket{0} : each.queue.front());
  };
  const auto is_before = [rank](const auto& a, const auto& b) { return rank(a.second) < rank(b.second); };
  Caller& next = std::min_element(callers_.begin(), callers_.end(), is_before)->second;
  Ticket ticket = 0;
  if (next.queue.empty()) {
    --taken_;
  } else {
    ticket = next.queue.front();
    next.queue.pop_front();
    ++next.places;
    --waiting_;
  }
  forget_if_gone(caller);
  return ticket;
}

void Turns::forget_if_gone(const Address& caller) {
  const auto found = callers_.find(caller);
  if (found != callers_.end() && found->second.places == 0 && found->second.queue.empty()) callers_.erase(found);
}

// ---- readers ------------------------------------------------------------------------------------------------

void ReaderPace::took(std::size_t bytes, SteadyTime now) {
  taken_ += bytes;
  if (bytes > 0) moved_ = now;
}

bool ReaderPace::is_too_slow(SteadyTime now) {
  if (now - began_ < allowed_) return false;
  const double seconds = std::chrono::duration<double>(now - began_).count();
  if (static_cast<double>(taken_) < kGoodBytesPerSecond * seconds) return true;
  began_ = now;
  taken_ = 0;
  return false;
}

}  // namespace mw
