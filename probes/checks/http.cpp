// The http check: what Pool::http describes, asked of every address, and compared with what was expected.
#include "probes/all.hpp"
#include "probes/checks.hpp"
#include "probes/follow.hpp"
#include "probes/formats/text.hpp"
#include "probes/pattern.hpp"
#include "probes/reach.hpp"

namespace mw {

namespace {

Get request_of(const Target& target) {
  const HttpExpectation& http = target.pool->http;
  Get get;
  get.url = http.path.empty() ? target.mirror->url : join(target.mirror->url, http.path);
  get.method = http.method;
  get.headers = http.headers;
  get.reuse = Reuse::body;
  get.keep_body = !http.body_matches.empty() || !http.body_not_matches.empty();
  return get;
}

std::optional<Failure> header_mismatch(const HttpExpectation& expected, const Reply& reply) {
  for (const auto& [name, pattern] : expected.header_matches) {
    const auto value = header(reply, lower(name));
    if (value && regex_matches(*value, pattern)) continue;
    const std::string got = value ? "is '" + printable(*value, 80) + "'" : "is missing";
    return Failure{Layer::content, Reason::header_mismatch,
                   "header " + name + " " + got + ", expected /" + pattern + "/"};
  }
  return std::nullopt;
}

std::optional<Failure> body_mismatch(const HttpExpectation& expected, const Reply& reply) {
  if (!expected.body_matches.empty() && !regex_matches(reply.body, expected.body_matches))
    return Failure{Layer::content, Reason::body_mismatch, "body does not match /" + expected.body_matches + "/"};
  if (!expected.body_not_matches.empty() && regex_matches(reply.body, expected.body_not_matches))
    return Failure{Layer::content, Reason::body_mismatch,
                   "body matches /" + expected.body_not_matches + "/, which it must not"};
  return std::nullopt;
}

Finding finding_of(const Target& target, Got got) {
  Finding finding;
  finding.failure = got.failure ? got.failure : unexpected(target.pool->http, got.reply);
  finding.timings = got.reply.timings;
  finding.traffic = got.traffic;
  if (got.reply.status != 0)
    finding.http = HttpFacts{got.reply.status, got.reply.body_bytes, got.redirects, got.url.host};
  return finding;
}

Task<Finding> look_at(Net& net, Target target, std::optional<Address> address) {
  Get get = request_of(target);
  get.only = address;
  Got got = co_await follow(net, target, std::move(get));
  co_return finding_of(target, std::move(got));
}

/// The first address that failed above connect tells most; otherwise the first good one.
Finding summarise(std::vector<Finding> findings, const std::vector<Address>& addresses) {
  std::vector<AddressLook> looks;
  Traffic traffic;
  std::size_t telling = 0;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    looks.push_back({addresses[i], findings[i].failure, findings[i].timings});
    traffic += findings[i].traffic;
    const bool unconnected = findings[telling].failure && findings[telling].failure->layer <= Layer::connect;
    if (unconnected && !findings[i].failure) telling = i;
  }
  Finding finding = std::move(findings[telling]);
  finding.failure = combine(looks);
  finding.addresses = std::move(looks);
  finding.traffic = traffic;
  return finding;
}

Task<Finding> look_at_each(Net& net, Target target) {
  Reachable reachable = co_await reach(net, target);
  Finding finding;
  if (reachable.failure) {
    finding.failure = reachable.failure;
    co_return finding;
  }
  std::vector<Task<Finding>> looks;
  for (const Address& address : reachable.addresses) looks.push_back(look_at(net, target, address));
  std::vector<Finding> findings = co_await all(std::move(looks));
  finding = summarise(std::move(findings), reachable.addresses);
  finding.timings.dns = reachable.dns;
  co_return finding;
}

}  // namespace

std::optional<Failure> unexpected(const HttpExpectation& expected, const Reply& reply) {
  if (auto failure = unwanted_status(reply.status, expected.status)) return failure;
  if (auto failure = header_mismatch(expected, reply)) return failure;
  return body_mismatch(expected, reply);
}

Task<Finding> look_http(Net& net, Target target) {
  if (target.mirror->proxy) return look_at(net, std::move(target), std::nullopt);
  return look_at_each(net, std::move(target));
}

}  // namespace mw
