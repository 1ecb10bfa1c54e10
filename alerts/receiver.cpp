// What all receivers share: their options, and what an HTTP status means.
#include "alerts/receiver.hpp"

#include <algorithm>
#include <array>

namespace mw {

namespace {

Acceptance outcome_of(int status) {
  constexpr std::array kLater = {408, 425, 429};
  constexpr std::array kRefused = {401, 403, 404, 405, 407, 410};
  const auto in = [status](const auto& list) { return std::find(list.begin(), list.end(), status) != list.end(); };
  if (status >= 200 && status < 300) return Acceptance::accepted;
  if (in(kRefused) || (status >= 300 && status < 400)) return Acceptance::refused;
  if (status >= 400 && status < 500 && !in(kLater)) return Acceptance::rejected;
  return Acceptance::later;
}

}  // namespace

std::string_view name(Acceptance outcome) {
  constexpr std::array kNames = {"accepted", "later", "refused", "rejected"};
  return kNames.at(static_cast<std::size_t>(outcome));
}

const std::string& Receiver::option(std::string_view key) const {
  static const std::string none;
  const auto found = options.find(std::string(key));
  return found == options.end() ? none : found->second;
}

const Secret& Receiver::secret(std::string_view key) const {
  static const Secret none;
  const auto found = secrets.find(std::string(key));
  return found == secrets.end() ? none : found->second;
}

Delivery judged(Acceptance outcome, const Response& response, std::string_view why) {
  if (outcome == Acceptance::accepted) return {outcome, response.status, std::nullopt, ""};
  std::string error = "status " + std::to_string(response.status);
  if (!why.empty()) error.append(", ").append(why);
  return {outcome, response.status, response.retry_after, std::move(error)};
}

/// The answer's text is not quoted: what refuses a request likes to repeat it, credentials included.
Delivery judge_status(const Response& response) { return judged(outcome_of(response.status), response); }

const ReceiverKind* find_receiver_kind(std::string_view name) {
  const auto& all = receiver_kinds();
  const auto found = std::find_if(all.begin(), all.end(), [&](const ReceiverKind* kind) { return kind->name == name; });
  return found == all.end() ? nullptr : *found;
}

}  // namespace mw
