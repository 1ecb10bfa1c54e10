// One request to an agent.
#include "exporter/advise.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <exception>
#include <ostream>

#include "alerts/layout.hpp"
#include "probes/formats/json.hpp"
#include "probes/live_net.hpp"

namespace mw {

namespace {

constexpr int kSafe = 0;
constexpr int kNoneSafe = 1;
constexpr int kNobodyKnows = 2;

Task<Reply> ask(Net& net, Url url, Address address) {
  Fetch fetch;
  fetch.url = std::move(url);
  fetch.address = address;
  fetch.timeout = std::chrono::seconds(5);
  fetch.body_limit = std::size_t{1024} * 1024;
  co_return co_await net.fetch(std::move(fetch));
}

/// Runs a loop of its own until the answer is there.
Reply asked(const Url& url, const Address& address) {
  asio::io_context loop;
  LiveNet net(loop);
  Reply reply;
  bool ended = false;
  asio::co_spawn(loop, ask(net, url, address), [&](std::exception_ptr thrown, Reply got) {
    if (thrown) got.failure = Failure{Layer::http, Reason::local_resource, "internal error"};
    reply = std::move(got);
    ended = true;
  });
  while (!ended && loop.run_one() > 0) continue;
  net.close();
  return reply;
}

/// What is not a comment is something to paste.
bool has_line(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (!line.empty() && !line.starts_with('#')) return true;
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return false;
}

/// Of an answer that is no advice.
std::string why_not(const Reply& reply) {
  if (reply.failure) return printable(reply.failure->detail, 1024);
  const auto message = json_at(reply.body, "/error/message");
  const auto* words = std::get_if<std::string>(&message);
  return words == nullptr ? "it answered with status " + std::to_string(reply.status) + ", as no mirrorwarden does"
                          : printable(*words, 1024);
}

}  // namespace

std::string agent_url(std::string listen) {
  for (const std::string_view everywhere : {"0.0.0.0:", "localhost:", ":"})
    if (listen.starts_with(everywhere)) listen = "127.0.0.1:" + listen.substr(everywhere.size());
  if (listen.starts_with("[::]:")) listen = "[::1]" + listen.substr(4);
  return "http://" + listen;
}

int advise(const std::string& listen, const std::string& pool, std::ostream& out, std::ostream& err) {
  const std::string agent = agent_url(listen);
  const auto parsed = parse_url(agent + "/api/v1/advice/" + percent_encoded(pool) + "?format=text");
  const Url* url = std::get_if<Url>(&parsed);
  const auto address = url == nullptr ? std::nullopt : parse_address(url->host);
  if (!address) {
    err << "cannot ask '" << printable(listen) << "': expected --web.listen-address=ADDRESS:PORT of a running agent\n";
    return kNobodyKnows;
  }
  const Reply reply = asked(*url, *address);
  if (reply.failure || reply.status != 200) {
    err << "the agent at " << agent << " gave no advice on '" << printable(pool) << "': " << why_not(reply) << '\n';
    if (reply.failure) err << "Is it running, and is this its --web.listen-address?\n";
    return kNobodyKnows;
  }
  out << reply.body;
  return has_line(reply.body) ? kSafe : kNoneSafe;
}

}  // namespace mw
