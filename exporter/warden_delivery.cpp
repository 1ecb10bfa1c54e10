// Delivery: at most one request under way per receiver, never from inside a check.
#include "exporter/warden.hpp"
#include "probes/follow.hpp"
#include "probes/formats/retry_after.hpp"

namespace mw {

namespace {

/// What the vendor makes of it; a network's trouble is never final.
Delivery delivery_of(const Receiver& receiver, const Reply& reply, SysTime now) {
  if (reply.failure) {
    const std::string what = std::string(name(reply.failure->layer)) + "/" + std::string(name(reply.failure->reason));
    return {Outcome::later, 0, std::nullopt, what};
  }
  Response response{reply.status, reply.body, std::nullopt};
  if (const auto wait = header(reply, "retry-after")) response.retry_after = parse_retry_after(*wait, now);
  return find_receiver_kind(receiver.kind)->judge(response);
}

const MirrorView* find_view(const Snapshot& snapshot, const AlertKey& key) {
  for (const auto& view : snapshot.mirrors)
    if (view->pool->name == key.pool && view->mirror->name == key.mirror) return view.get();
  return nullptr;
}

Fetch fetch_of(const Receiver& receiver, const Url& url, Post request, const std::string& user_agent) {
  Fetch fetch;
  fetch.method = "POST";
  fetch.url = url;
  fetch.headers = std::move(request.headers);
  fetch.headers.emplace_back("User-Agent", user_agent);
  fetch.body = std::move(request.body);
  fetch.body_limit = 16 * 1024;
  fetch.keep_body = true;
  fetch.timeout = receiver.timeout;
  return fetch;
}

/// Every address in turn, until one accepts the connection.
Task<Reply> post(Net& net, Fetch fetch) {
  Question question{fetch.url.host, {}, fetch.timeout};
  Answer answer = co_await net.resolve(std::move(question));
  Reply reply;
  reply.failure = answer.failure;
  for (const Address& address : answer.addresses) {
    fetch.address = address;
    Fetch attempt = fetch;
    reply = co_await net.fetch(std::move(attempt));
    if (!reply.failure || reply.failure->layer != Layer::connect) break;
  }
  co_return reply;
}

}  // namespace

void Warden::wake_receiver(const std::string& name) {
  for (const Receiver& receiver : config_->receivers)
    if (receiver.name == name) pump_delivery(receiver);
}

void Warden::pump_delivery(const Receiver& receiver) {
  if (stopped_ || delivering_.contains(receiver.name)) return;
  Ledger& ledger = outbox_[receiver.name];
  const auto owed = next_owed(ledger, alerts_, receiver);
  if (!owed || ledger.not_before > net_.now()) return;
  ledger = attempted(std::move(ledger), *owed);
  delivering_.insert(receiver.name);
  Notice notice = compose(*owed, alerts_.at(owed->key), find_view(*snapshot_, owed->key), config_->agent.external_url);
  if (!config_->agent.vantage.empty()) notice.annotations["vantage"] = config_->agent.vantage;
  spawn(deliver(receiver, *owed, std::move(notice)), "delivery to " + receiver.name);
}

Task<void> Warden::deliver(Receiver receiver, Owed owed, Notice notice) {
  const Message message = message_of(owed, std::move(notice), receiver, config_->agent.external_url);
  Outgoing outgoing = find_receiver_kind(receiver.kind)->render(receiver, message, net_.wall());
  Post request = std::get<Post>(std::move(outgoing));
  const auto url = parse_url(request.url.reveal());
  Reply reply;
  if (const Url* where = std::get_if<Url>(&url)) {
    Fetch fetch = fetch_of(receiver, *where, std::move(request), user_agent_);
    reply = co_await post(net_, std::move(fetch));
  } else {
    reply.failure = Failure{Layer::http, Reason::malformed, "the receiver's URL is not valid"};
  }
  const Delivery delivery = delivery_of(receiver, reply, net_.wall());
  delivering_.erase(receiver.name);
  Ledger& ledger = outbox_[receiver.name];
  ledger = settled(std::move(ledger), owed, delivery, net_.now());
  events_.delivered(receiver.name, owed, delivery);
  if (delivery.outcome != Outcome::accepted)
    spawn(deliver_later(receiver.name, ledger.not_before), "delivery to " + receiver.name);
  wake_receiver(receiver.name);
}

Task<void> Warden::deliver_later(std::string receiver, SteadyTime at) {
  co_await net_.sleep(at - net_.now());
  wake_receiver(receiver);
}

}  // namespace mw
