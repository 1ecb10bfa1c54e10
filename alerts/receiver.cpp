// What all receivers share: their options, and what an HTTP status means.
#include "alerts/receiver.hpp"

#include <algorithm>
#include <array>
#include <sstream>

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

/// The key of the option that may have several values; empty if there is none.
std::string_view several_key(const ReceiverKind& kind) {
  const auto found = std::find_if(kind.options.begin(), kind.options.end(),
                                  [](const ReceiverOption& option) { return option.several; });
  return found == kind.options.end() ? "" : found->key;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

/// Who forgets needs no groups of ours: news goes at once, and what goes on is resend.hpp's business.
Receiver with_times_of_kind(Receiver receiver) {
  if (!forgets(receiver)) return receiver;
  receiver.group_by = {};
  receiver.group_wait = receiver.group_interval = Duration::zero();
  receiver.repeat_interval = Duration::max();
  return receiver;
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

bool forgets(const Receiver& receiver) {
  const ReceiverKind* kind = find_receiver_kind(receiver.kind);
  return kind != nullptr && kind->resend != nullptr;
}

std::vector<Receiver> endpoints_of(const Receiver& receiver) {
  const ReceiverKind* kind = find_receiver_kind(receiver.kind);
  const std::string key(kind == nullptr ? "" : several_key(*kind));
  const std::vector<std::string> values = words_of(receiver.secret(key).reveal());
  if (values.size() < 2) return {with_times_of_kind(receiver)};
  std::vector<Receiver> endpoints(values.size(), with_times_of_kind(receiver));
  for (std::size_t i = 0; i < values.size(); ++i) {
    endpoints[i].name += "/" + std::to_string(i + 1);
    endpoints[i].secrets[key] = Secret(values[i]);
  }
  return endpoints;
}

}  // namespace mw
