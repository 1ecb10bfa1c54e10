// Delivery: at most one request under way per receiver, never from inside a check.
#include "alerts/compose.hpp"
#include "exporter/warden.hpp"
#include "probes/follow.hpp"
#include "probes/formats/retry_after.hpp"

namespace mw {

namespace {

constexpr Duration kLongestSave = std::chrono::seconds(5);
constexpr std::size_t kMostAnswer = 16 * 1024;
constexpr Duration kSavePoll = std::chrono::milliseconds(10);

/// An answer, or why there is none.
using Answered = std::variant<Response, Failure>;

Fetch fetch_of(const Receiver& receiver, const Url& url, Post request, const std::string& user_agent) {
  Fetch fetch;
  fetch.method = "POST";
  fetch.url = url;
  fetch.headers = std::move(request.headers);
  fetch.headers.emplace_back("User-Agent", user_agent);
  fetch.body = std::move(request.body);
  fetch.body_limit = kMostAnswer;
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

Task<Answered> post_to(Net& net, Receiver receiver, Post request, std::string user_agent) {
  const auto url = parse_url(request.url.reveal());
  const Url* where = std::get_if<Url>(&url);
  if (where == nullptr) co_return Failure{Layer::http, Reason::malformed, "the receiver's URL is not valid"};
  Fetch fetch = fetch_of(receiver, *where, std::move(request), user_agent);
  const Reply reply = co_await post(net, std::move(fetch));
  if (reply.failure) co_return Failure{reply.failure->layer, reply.failure->reason, ""};  // details may quote the URL
  Response response{reply.status, reply.body, std::nullopt};
  if (const auto wait = header(reply, "retry-after")) response.retry_after = parse_retry_after(*wait, net.wall());
  co_return response;
}

/// A program that ends well has taken the message.
Task<Answered> run_program(Net& net, Receiver receiver, Program program) {
  Command command;
  command.argv = std::move(program.argv);
  command.input = std::move(program.input);
  command.timeout = receiver.timeout;
  Ran ran = co_await net.run(std::move(command));
  if (ran.failure) co_return std::move(*ran.failure);
  co_return Response{ran.exit_code == 0 ? 200 : 500, std::move(ran.out), std::nullopt};
}

Letter letter_of(const Receiver& receiver, const Url& server, Mail mail) {
  Letter letter;
  letter.url = server;
  letter.in_the_clear = mail.in_the_clear;
  letter.hello = std::move(mail.hello);
  letter.user = std::move(mail.user);
  letter.password = std::move(mail.password);
  letter.tls.ca_file = std::move(mail.ca_file);
  letter.from = std::move(mail.from);
  letter.to = std::move(mail.to);
  letter.text = std::move(mail.text);
  letter.timeout = receiver.timeout;
  return letter;
}

/// As post().
Task<Receipt> submit(Net& net, Letter letter) {
  Question question{letter.url.host, {}, letter.timeout};
  Answer answer = co_await net.resolve(std::move(question));
  Receipt receipt;
  receipt.failure = answer.failure;
  for (const Address& address : answer.addresses) {
    letter.address = address;
    Letter attempt = letter;
    receipt = co_await net.submit(std::move(attempt));
    if (!receipt.failure || receipt.failure->layer != Layer::connect) break;
  }
  co_return receipt;
}

Task<Answered> mail_to(Net& net, Receiver receiver, Mail mail) {
  const auto url = parse_mail_server(mail.url.reveal());
  const Url* server = std::get_if<Url>(&url);
  if (server == nullptr) co_return Failure{Layer::http, Reason::malformed, "the receiver's URL is not valid"};
  Letter letter = letter_of(receiver, *server, std::move(mail));
  Receipt receipt = co_await submit(net, std::move(letter));
  if (receipt.failure) co_return std::move(*receipt.failure);
  Response response{receipt.status, std::move(receipt.text), std::nullopt, receipt.saw_text, {}};
  for (const auto& [who, status] : receipt.refused)
    response.missed.push_back(who + " (" + std::to_string(status) + ")");
  co_return response;
}

/// Each callee is a coroutine that owns what it is handed: nothing of this frame outlives the call.
Task<Answered> send(Net& net, Receiver receiver, Outgoing outgoing, std::string user_agent) {
  static_assert(std::variant_size_v<Outgoing> == 3);
  if (auto* mail = std::get_if<Mail>(&outgoing)) {
    Mail taken = std::move(*mail);
    return mail_to(net, std::move(receiver), std::move(taken));
  }
  if (auto* program = std::get_if<Program>(&outgoing)) {
    Program taken = std::move(*program);
    return run_program(net, std::move(receiver), std::move(taken));
  }
  Post taken = std::get<Post>(std::move(outgoing));
  return post_to(net, std::move(receiver), std::move(taken), std::move(user_agent));
}

/// What the vendor makes of it; a network's trouble is never final.
Delivery delivery_of(const Receiver& receiver, const Answered& answered) {
  if (const auto* response = std::get_if<Response>(&answered))
    return find_receiver_kind(receiver.kind)->judge(*response);
  const auto& failure = std::get<Failure>(answered);
  const std::string reason(name(failure.reason));
  const std::string error = failure.detail.empty() ? std::string(name(failure.layer)) + "/" + reason
                                                   : reason + ": " + printable(failure.detail);
  return {Acceptance::later, 0, std::nullopt, error};
}

}  // namespace

void Warden::wake_receiver(const std::string& name) {
  for (const Receiver& receiver : config_->receivers)
    if (receiver.name == name) pump_delivery(receiver);
}

void Warden::pump_delivery(const Receiver& receiver) {
  if (stopped_ || delivering_.contains(receiver.name)) return;
  Ledger& ledger = owing_.outbox[receiver.name];
  const Outlook outlook = look_out(ledger, owing_.alerts, receiver);
  ledger = held_back(std::move(ledger), owing_.alerts);
  ledger = noted(std::move(ledger), outlook, net_.now());
  owed_[receiver.name] = count_owed(outlook);
  const auto next = next_step(ledger, outlook, receiver, net_.now());
  if (!next) return;
  const std::string parcel = next->parcel.empty() ? make_parcel(receiver, next->batch) : next->parcel;
  ledger = attempted(std::move(ledger), parcel, receiver, net_.now());
  delivering_.insert(receiver.name);
  spawn(deliver(receiver, parcel, saves_begun_ + 1), "delivery to " + receiver.name);
}

std::string Warden::make_parcel(const Receiver& receiver, const Batch& batch) {
  Ledger& ledger = owing_.outbox[receiver.name];
  Message message = compose_message(batch, owing_.alerts, receiver, scene());
  message.sequence = next_sequence(ledger);
  message.id = message_id(identity_, receiver.name, message.sequence);
  ledger = packed(std::move(ledger), batch, std::move(message), net_.now());
  return batch.group;
}

Scene Warden::scene() const {
  Scene made = make_scene(*snapshot_, net_.wall());
  made.external_url = config_->agent.external_url;
  made.vantage = config_->agent.vantage;
  return made;
}

/// Whether there is something to say. After a restart a parcel has no words, and they are found again; when nothing is
/// known of its alerts any more, or a reload took the receiver away, there are none.
bool Warden::has_words(const Receiver& receiver, const std::string& parcel) {
  auto& parcels = owing_.outbox[receiver.name].parcels;
  const auto found = parcels.find(parcel);
  if (found == parcels.end()) return false;
  Message& known = found->second.message;
  if (known.notices.empty()) {
    Message again = compose_message(batch_of(parcel, found->second), owing_.alerts, receiver, scene());
    again.sequence = known.sequence;
    again.id = known.id;
    known = std::move(again);
  }
  if (!known.notices.empty()) return true;
  events_.dropped(receiver.name, known.id);
  Ledger& ledger = owing_.outbox[receiver.name];
  ledger = dropped(std::move(ledger), parcel);
  return false;
}

/// Until that save has ended, well or badly; a disk that hangs holds a notice up for no longer than kLongestSave.
Task<void> Warden::made_durable(std::uint64_t wanted) {
  if (!state_) co_return;
  const SteadyTime deadline = net_.now() + kLongestSave;
  while (saves_ended_ < wanted && net_.now() < deadline) {
    save();
    if (saves_ended_ < wanted) co_await net_.sleep(kSavePoll);
  }
}

/// What was made is on disk before anybody hears of it: after a crash it is sent again under the same id.
Task<void> Warden::deliver(Receiver receiver, std::string parcel, std::uint64_t wanted) {
  co_await made_durable(wanted);
  if (!has_words(receiver, parcel)) {
    delivering_.erase(receiver.name);
    co_return;
  }
  Answered answered = Failure{Layer::content, Reason::local_resource, "internal error"};
  try {
    const Message& message = owing_.outbox[receiver.name].parcels.at(parcel).message;
    Outgoing outgoing = find_receiver_kind(receiver.kind)->render(receiver, message, net_.wall());
    Task<Answered> sending = send(net_, receiver, std::move(outgoing), user_agent_);
    answered = co_await std::move(sending);
  } catch (const std::exception& error) {
    events_.coroutine_died("delivery to " + receiver.name + ": " + error.what());
  }
  take_delivery(receiver, parcel, delivery_of(receiver, answered));
}

void Warden::take_delivery(const Receiver& receiver, const std::string& parcel, const Delivery& delivery) {
  delivering_.erase(receiver.name);
  Ledger& ledger = owing_.outbox[receiver.name];
  if (const auto sent = ledger.parcels.find(parcel); sent != ledger.parcels.end())
    events_.delivered(receiver.name, sent->second, delivery);
  ledger = settled(std::move(ledger), parcel, delivery, {net_.now(), net_.wall()});
  save();
  if (ledger.not_before > net_.now())
    spawn(deliver_later(receiver.name, ledger.not_before), "delivery to " + receiver.name);
  wake_receiver(receiver.name);
}

Task<void> Warden::deliver_later(std::string receiver, SteadyTime at) {
  co_await net_.sleep(at - net_.now());
  wake_receiver(receiver);
}

}  // namespace mw
