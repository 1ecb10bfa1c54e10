// Hops: the pure rules of what may follow what, and the coroutine that walks them.
#include "probes/follow.hpp"

#include <algorithm>
#include <array>

#include "probes/formats/inflate.hpp"
#include "probes/formats/retry_after.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr int kMostRedirects = 5;

bool is_redirect(int status) {
  constexpr std::array kStatuses = {301, 302, 303, 307, 308};
  return std::find(kStatuses.begin(), kStatuses.end(), status) != kStatuses.end();
}

bool same_origin(const Url& a, const Url& b) { return a.scheme == b.scheme && a.host == b.host && a.port == b.port; }

/// Headers that describe the request itself and may travel to another origin; anything else may be a secret.
bool may_travel(const std::string& header_name) {
  constexpr std::array kFree = {"accept", "accept-encoding", "user-agent",
                                "range",  "if-none-match",   "if-modified-since"};
  return std::find(kFree.begin(), kFree.end(), lower(header_name)) != kFree.end();
}

void forget_secrets(Fetch& fetch) {
  fetch.credentials = {};
  fetch.tls.cert_file.clear();
  fetch.tls.key_file.clear();
  std::erase_if(fetch.headers, [](const auto& header) { return !may_travel(header.first); });
}

Fetch first_hop(const Target& target, const Get& get) {
  Fetch fetch;
  fetch.method = get.method;
  fetch.url = get.url;
  fetch.headers = target.mirror->headers;
  fetch.headers.insert(fetch.headers.end(), get.headers.begin(), get.headers.end());
  fetch.headers.emplace_back("User-Agent", target.user_agent);
  fetch.credentials = target.mirror->credentials;
  fetch.tls = target.mirror->tls;
  fetch.proxy = target.mirror->proxy;
  fetch.body_limit = get.body_limit;
  fetch.keep_body = get.keep_body;
  fetch.spool = get.spool;
  if (!same_origin(fetch.url, target.mirror->url)) forget_secrets(fetch);
  return fetch;
}

/// A link may be signed: what follows its ? is as good as a password for a while.
std::string without_query(const std::string& link) { return link.substr(0, link.find_first_of("?#")); }

/// A Location that cannot be followed, without what stands before an @: it may be a password, however badly written.
std::string shown_location(const std::string& location) {
  const std::size_t at = location.rfind('@');
  return printable(without_query(at == std::string::npos ? location : "…" + location.substr(at)), 128);
}

struct Route {
  std::optional<Failure> failure;
  std::vector<Address> addresses;  ///< to connect to: the host's, or the proxy's
  std::optional<Address> target;   ///< behind a socks5 proxy
  Reuse reuse = Reuse::none;
  std::optional<Duration> dns;
};

Failure blocked(const std::string& host, const Address& address, bool redirected) {
  const Layer layer = redirected ? Layer::http : Layer::connect;
  const Reason reason = redirected ? Reason::redirect_blocked : Reason::address_blocked;
  return {layer, reason, host + " is at " + to_string(address) + ", which only a configured host may be"};
}

/// Keeps the addresses that the policy allows; a failure only when none is left.
Route permitted(const AddressPolicy& policy, const std::string& host, Answer answer, bool redirected) {
  Route route;
  route.failure = std::move(answer.failure);
  route.dns = answer.took;
  for (const Address& address : answer.addresses)
    if (policy.allows(host, address)) route.addresses.push_back(address);
  if (!route.failure && route.addresses.empty() && !answer.addresses.empty())
    route.failure = blocked(host, answer.addresses.front(), redirected);
  return route;
}

Task<Answer> ask(Net& net, Target target, std::string host) {
  Question question{std::move(host), target.pool->resolvers, time_left(net, target)};
  return net.resolve(std::move(question));
}

Task<Route> route_to(Net& net, Target target, Fetch fetch, bool redirected) {
  const std::string via = fetch.proxy ? fetch.proxy->url.host : fetch.url.host;
  Answer answer = co_await ask(net, target, via);
  Route route = permitted(*target.policy, via, std::move(answer), redirected && !fetch.proxy);
  if (route.failure || !fetch.proxy || fetch.proxy->url.scheme != "socks5") co_return route;
  Answer behind = co_await ask(net, target, fetch.url.host);
  Route far = permitted(*target.policy, fetch.url.host, std::move(behind), redirected);
  route.failure = far.failure;
  if (!far.addresses.empty()) route.target = far.addresses.front();
  co_return route;
}

Task<Reply> ask_one(Net& net, Target target, Fetch fetch, Reuse reuse) {
  if (reuse == Reuse::none || !target.validators) co_return co_await net.fetch(std::move(fetch));
  Fetch asked = fetch;
  const Headers conditions = target.validators->conditions(fetch, reuse);
  asked.headers.insert(asked.headers.end(), conditions.begin(), conditions.end());
  Reply reply = co_await net.fetch(std::move(asked));
  target.validators->take_answer(fetch, conditions, reply);
  co_return reply;
}

Task<Reply> try_addresses(Net& net, Target target, Fetch fetch, Route route) {
  Reply reply;
  for (const Address& address : route.addresses) {
    fetch.address = address;
    fetch.target_address = route.target;
    fetch.timeout = time_left(net, target);
    Fetch attempt = fetch;
    reply = co_await ask_one(net, target, std::move(attempt), route.reuse);
    if (!reply.failure || reply.failure->layer != Layer::connect) break;
  }
  co_return reply;
}

struct Via {
  std::optional<Address> only;  ///< instead of resolving
  bool redirected = false;
  Reuse reuse = Reuse::none;
};

Task<Reply> one_hop(Net& net, Target target, Fetch fetch, Via via) {
  const std::optional<Address> only = via.only;
  Route route;
  if (only)
    route.addresses = {*only};
  else
    route = co_await route_to(net, target, fetch, via.redirected);
  route.reuse = via.reuse;
  Reply reply;
  if (route.failure)
    reply.failure = route.failure;
  else
    reply = co_await try_addresses(net, target, fetch, route);
  if (!only) reply.timings.dns = route.dns;
  co_return reply;
}

/// We ask for no content coding; a server that applies one all the same is read if it is gzip, to its very end.
std::optional<Failure> decode(Reply& reply, std::size_t limit) {
  const std::string coding = lower(header(reply, "content-encoding").value_or("identity"));
  if (coding == "identity" || coding.empty() || reply.body.empty()) return std::nullopt;
  if (coding != "gzip" && coding != "x-gzip")
    return Failure{Layer::http, Reason::encoding,
                   "Content-Encoding " + printable(coding, 40) + ", which was not asked for"};
  auto unpacked = gunzip(reply.body, limit);
  if (auto* body = std::get_if<std::string>(&unpacked)) {
    reply.body = std::move(*body);
    return std::nullopt;
  }
  const InflateTrouble trouble = std::get<InflateTrouble>(unpacked);
  const bool too_much = trouble == InflateTrouble::bomb || trouble == InflateTrouble::too_large;
  return Failure{too_much ? Layer::content : Layer::http, too_much ? Reason::content_limit : Reason::encoding,
                 "gzip content coding: " + std::string(name(trouble))};
}

/// Whoever has had enough says so with a status, or with what is left of a quota. Zero: it does not say how long.
std::optional<Duration> asked_to_wait(const Reply& reply, SysTime now) {
  if (reply.status == 429 || reply.status == 503)
    if (const auto wait = parse_retry_after(header(reply, "retry-after").value_or(""), now)) return wait;
  QuotaFields quota;
  for (const auto& [name, value] : reply.headers) {
    if (name == "ratelimit") quota.limit = value;
    if (name.ends_with("ratelimit-remaining")) quota.remaining = value;
    if (name.ends_with("ratelimit-reset")) quota.reset = value;
  }
  if (const auto wait = quota_wait(quota, now)) return wait;
  return reply.status == 429 ? std::optional(Duration::zero()) : std::nullopt;
}

Traffic traffic_of(const Reply& reply, SysTime now) {
  return {reply.bytes_received, 1, reply.not_modified ? 1U : 0U, asked_to_wait(reply, now)};
}

/// A target that is one address of the mirror stays there, but only for the mirror's own host.
std::optional<Address> pinned_address(const Target& target, const Get& get) {
  if (get.only || target.mirror->proxy || get.url.host != target.mirror->url.host) return get.only;
  return target.only;
}

}  // namespace

Duration time_left(const Net& net, const Target& target) {
  return std::max<Duration>(target.deadline - net.now(), std::chrono::milliseconds(1));
}

std::variant<Fetch, Failure> next_hop(const Fetch& hop, const Reply& reply) {
  const auto location = header(reply, "location");
  if (!location)
    return Failure{Layer::http, Reason::malformed, "status " + std::to_string(reply.status) + " without a Location"};
  const auto resolved = resolve_reference(hop.url, *location);
  if (const auto* error = std::get_if<std::string>(&resolved))
    return Failure{Layer::http, Reason::redirect_blocked, "Location " + shown_location(*location) + " " + *error};
  Fetch next = hop;
  next.url = std::get<Url>(resolved);
  if (next.url.scheme == "socks5" || (hop.url.scheme == "https" && next.url.scheme == "http"))
    return Failure{Layer::http, Reason::redirect_blocked, "from " + hop.url.scheme + " to " + next.url.scheme};
  if (!same_origin(hop.url, next.url)) forget_secrets(next);
  return next;
}

Task<Got> follow(Net& net, Target target, Get get) {
  Fetch fetch = first_hop(target, get);
  Got got;
  for (std::optional<Address> only = pinned_address(target, get);; only.reset()) {
    const Via via{only, got.redirects > 0, get.reuse};
    got.reply = co_await one_hop(net, target, fetch, via);
    got.url = fetch.url;
    got.traffic += traffic_of(got.reply, net.wall());
    got.failure = got.reply.failure;
    const bool read_only = fetch.method == "GET" || fetch.method == "HEAD";
    const bool is_final = !got.failure && (!is_redirect(got.reply.status) || !read_only);
    if (is_final && get.decode) got.failure = decode(got.reply, get.body_limit);
    if (got.failure || !is_redirect(got.reply.status) || !read_only) co_return got;
    if (got.redirects == kMostRedirects) {
      got.failure = Failure{Layer::http, Reason::redirect_loop,
                            "more than 5 redirects, last from " + without_query(fetch.url.str())};
      co_return got;
    }
    auto next = next_hop(fetch, got.reply);
    if (const auto* failure = std::get_if<Failure>(&next)) {
      got.failure = *failure;
      co_return got;
    }
    fetch = std::get<Fetch>(std::move(next));
    ++got.redirects;
  }
}

std::optional<Failure> unwanted_status(int status, const std::vector<int>& wanted) {
  const bool is_wanted =
      wanted.empty() ? status >= 200 && status < 300 : std::find(wanted.begin(), wanted.end(), status) != wanted.end();
  if (is_wanted) return std::nullopt;
  Reason reason = Reason::unexpected_status;
  if (status >= 400) reason = Reason::client_error;
  if (status >= 500) reason = Reason::server_error;
  if (status == 404 || status == 410) reason = Reason::not_found;
  if (status == 401 || status == 403) reason = Reason::unauthorized;
  if (status == 407) reason = Reason::proxy;
  if (status == 429) reason = Reason::rate_limited;
  return Failure{Layer::http, reason, "status " + std::to_string(status)};
}

}  // namespace mw
