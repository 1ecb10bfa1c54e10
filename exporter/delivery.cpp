// Sending over Net.
#include "exporter/delivery.hpp"

#include "probes/follow.hpp"
#include "probes/formats/retry_after.hpp"

namespace mw {

namespace {

constexpr std::size_t kMostAnswer = 16 * 1024;

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

/// A page too long to read takes nothing from the status before it: what was taken is not to be told again for that.
Task<Answered> post_to(Net& net, Receiver receiver, Post request, std::string user_agent) {
  const auto url = parse_url(request.url.reveal());
  const Url* where = std::get_if<Url>(&url);
  if (where == nullptr) co_return Failure{Layer::http, Reason::malformed, "the receiver's URL is not valid"};
  Fetch fetch = fetch_of(receiver, *where, std::move(request), user_agent);
  const Reply reply = co_await post(net, std::move(fetch));
  if (reply.failure && reply.failure->reason != Reason::body_limit)
    co_return Failure{reply.failure->layer, reply.failure->reason, ""};  // details may quote the URL
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

}  // namespace

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

Delivery delivery_of(const Receiver& receiver, const Answered& answered) {
  if (const auto* response = std::get_if<Response>(&answered))
    return find_receiver_kind(receiver.kind)->judge(*response);
  const auto& failure = std::get<Failure>(answered);
  const std::string reason(name(failure.reason));
  const std::string error = failure.detail.empty() ? std::string(name(failure.layer)) + "/" + reason
                                                   : reason + ": " + printable(failure.detail);
  return {Acceptance::later, 0, std::nullopt, error};
}

}  // namespace mw
