// The http prober: one request per hop, each hop checked anew.
#include "probes/http_module.hpp"
#include "probes/probe_steps.hpp"

namespace mw {

namespace {

constexpr int kMostRedirects = 10;

/// Where a hop goes, in the door's words.
struct Route {
  bool open = false;  ///< else the run has failed
  Address address;
  std::optional<Proxy> proxy;
  std::optional<Address> target;  ///< behind the proxy
};

Task<std::optional<Address>> proxy_address(ProbeRun& run) {
  const std::string host = run.module().http.proxy->url.host;
  Question question{host, {}, run.left()};
  const Answer answer = co_await run.net.resolve(std::move(question));
  const auto address = chosen(answer.addresses, run.module().http.ip);
  if (!address) {
    Failure why{Layer::dns, Reason::no_data, "the proxy " + host + " has no address"};
    run.fail(answer.failure.value_or(std::move(why)));
  }
  co_return address;
}

/// The target's own address first, so that the policy can be asked; unless the proxy alone is to know it.
Task<bool> finds_target(ProbeRun& run, std::string host, bool first, Route& route) {
  const HttpModule& http = run.module().http;
  const bool unseen = route.proxy && http.skip_resolve_phase_with_proxy && route.proxy->url.scheme == "http";
  if (unseen) {
    const auto why = run.target.policy->refuses_unseen(host);
    if (why) run.refuse(*why, first);
    co_return !why;
  }
  const Found found = co_await find_address(run, host, http.ip, first);
  run.probed.http->resolve += found.took;
  route.target = found.address;
  co_return found.address.has_value();
}

Task<Route> route_to(ProbeRun& run, std::string host, bool first) {
  const HttpModule& http = run.module().http;
  Route route;
  if (http.proxy && !goes_direct(http.no_proxy, host)) route.proxy = http.proxy;
  const bool found = co_await finds_target(run, host, first, route);
  if (!found) co_return route;
  std::optional<Address> next = route.target;
  if (route.proxy) next = co_await proxy_address(run);
  route.open = next.has_value();
  route.address = next.value_or(Address{});
  co_return route;
}

/// A proxy that is sent to an address, not to a name, cannot be led elsewhere by whoever answers for the name.
void address_proxy(Fetch& fetch, const Route& route) {
  const bool plain = fetch.proxy && fetch.proxy->url.scheme == "http" && fetch.url.scheme == "http";
  if (!plain || !route.target) return;
  const std::string host = fetch.url.authority();
  fetch.url.host = to_string(*route.target);
  for (const auto& [name, value] : fetch.headers)
    if (name == "Host") return;
  fetch.headers.emplace_back("Host", host);
}

Fetch fetch_by(const ProbeRun& run, Fetch fetch, const Route& route) {
  fetch.address = route.address;
  fetch.proxy = route.proxy;
  if (route.proxy) fetch.proxy_host = route.proxy->url.host;
  if (route.proxy) fetch.target_address = route.target;
  fetch.timeout = run.left();
  address_proxy(fetch, route);
  return fetch;
}

std::uint64_t length_read(const Reply& reply, const HttpModule& http, bool refused_redirect) {
  if (refused_redirect) return 0;
  const bool cut_off = reply.failure && reply.failure->reason == Reason::body_limit && http.body_size_limit > 0;
  return cut_off ? http.body_size_limit : reply.body_bytes;
}

/// What the last answer has to say. A body that cannot be decoded is not held against any pattern.
void conclude(ProbeRun& run, Reply& reply, bool refused_redirect) {
  const HttpModule& http = run.module().http;
  HttpProbed& seen = *run.probed.http;
  std::optional<Failure> trouble;
  if (!reply.failure && !refused_redirect) trouble = decode_answer(reply, http);
  seen.body_bytes = length_read(reply, http, refused_redirect);
  if (!trouble && reply.status != 0) trouble = judge_answer(seen, http, reply, refused_redirect);
  if (trouble) run.fail(*trouble);
  if (reply.failure) run.fail(*reply.failure);
  run.probed.success = !run.probed.failure;
}

/// One request, and what can be told of its answer whatever comes of it.
Task<Reply> ask(ProbeRun& run, HttpHop hop, Fetch fetch) {
  run.note(hop.method + " " + hop.url.scheme + "://" + hop.url.authority());
  Reply reply = co_await run.net.fetch(std::move(fetch));
  run.probed.tls = reply.tls_seen ? std::optional(*reply.tls_seen) : std::nullopt;
  read_answer(*run.probed.http, reply, hop.url);
  if (reply.status != 0) run.note("status " + std::to_string(reply.status));
  co_return reply;
}

/// A redirect is not the final answer: until there is one, there is none.
void forget_answer(HttpProbed& seen) {
  seen.status = 0;
  seen.version = 0;
  seen.content_length = 0;
  seen.body_bytes = 0;
  seen.ssl = false;
  seen.last_modified.reset();
}

/// The next hop, or nothing, and then the run has been concluded.
std::optional<HttpHop> after(ProbeRun& run, const HttpHop& hop, Reply& reply, const Url& origin) {
  const HttpModule& http = run.module().http;
  HttpProbed& seen = *run.probed.http;
  auto next = next_http_hop(hop, reply, origin);
  const auto* const nowhere = std::get_if<Failure>(&next);
  const bool leads_on = !reply.failure && (nowhere != nullptr || std::get<0>(next).has_value());
  if (leads_on) ++seen.redirects;
  add_phases(seen, reply.timings, !leads_on);
  const bool refused = leads_on && (!http.follow_redirects || seen.redirects > kMostRedirects);
  if (leads_on && !refused && nowhere == nullptr) {
    forget_answer(seen);
    return std::get<0>(std::move(next));
  }
  if (leads_on && !refused)
    run.fail(*nowhere);
  else
    conclude(run, reply, refused);
  return std::nullopt;
}

}  // namespace

Task<Probed> probe_http(Net& net, ProbeTarget target) {
  ProbeRun run{net, target};
  run.probed.http.emplace();
  const auto url = target_url(target.target);
  if (const auto* error = std::get_if<std::string>(&url)) {
    run.fail({Layer::http, Reason::malformed, "the target " + *error});
    co_return std::move(run.probed);
  }
  const Url origin = std::get<Url>(url);
  std::optional<HttpHop> hop = first_http_hop(target, origin);
  Cookies cookies;
  Route route;
  while (hop) {
    const bool first = run.probed.http->redirects == 0;
    if (!hop->stays) route = co_await route_to(run, hop->url.host, first);
    if (!route.open) break;
    Fetch fetch = fetch_by(run, fetch_of(target, *hop, cookies), route);
    Reply reply = co_await ask(run, *hop, std::move(fetch));
    keep_cookies(cookies, hop->url, reply);
    hop = after(run, *hop, reply, origin);
  }
  co_return std::move(run.probed);
}

}  // namespace mw
