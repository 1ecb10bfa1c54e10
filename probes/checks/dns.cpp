// The dns check: one question to each resolver, and whether their answers fit together.
#include <algorithm>

#include "probes/all.hpp"
#include "probes/checks.hpp"
#include "probes/follow.hpp"

namespace mw {

namespace {

bool denies(const Answer& answer) {
  return answer.failure && (answer.failure->reason == Reason::nxdomain || answer.failure->reason == Reason::no_data);
}

bool points_inside(const Answer& answer) {
  return !answer.failure && std::any_of(answer.addresses.begin(), answer.addresses.end(), is_special);
}

bool is_public(const Answer& answer) { return !answer.failure && !points_inside(answer); }

Task<ResolverAnswer> ask(Net& net, Target target, std::string resolver) {
  Question question{target.mirror->url.host, {}, time_left(net, target)};
  if (!resolver.empty()) question.servers.push_back(resolver);
  ResolverAnswer result;
  result.resolver = resolver.empty() ? "the system's resolver" : resolver;
  result.answer = co_await net.resolve(std::move(question));
  co_return result;
}

std::vector<AddressLook> addresses_of(const std::vector<ResolverAnswer>& answers) {
  std::set<Address> all;
  for (const ResolverAnswer& each : answers) all.insert(each.answer.addresses.begin(), each.answer.addresses.end());
  std::vector<AddressLook> looks;
  for (const Address& address : all) looks.push_back({address, {}, {}});
  return looks;
}

/// The quickest good answer's time: what a client would have waited.
std::optional<Duration> quickest(const std::vector<ResolverAnswer>& answers) {
  std::optional<Duration> best;
  for (const ResolverAnswer& each : answers)
    if (!each.answer.failure && (!best || each.answer.took < *best)) best = each.answer.took;
  return best;
}

}  // namespace

std::optional<Failure> compare_answers(const std::vector<ResolverAnswer>& answers) {
  const auto good = std::find_if(answers.begin(), answers.end(), [](const auto& a) { return !a.answer.failure; });
  if (good == answers.end()) {
    if (answers.empty()) return std::nullopt;
    Failure failure = *answers.front().answer.failure;
    failure.detail += ", asked " + answers.front().resolver;
    return failure;
  }
  const auto sane = std::find_if(answers.begin(), answers.end(), [](const auto& a) { return is_public(a.answer); });
  for (const ResolverAnswer& each : answers) {
    const bool poisoned = sane != answers.end() && points_inside(each.answer);
    if (!denies(each.answer) && !poisoned) continue;
    const std::string claim = poisoned ? " answers " + to_string(each.answer.addresses.front()) : " denies the name";
    return Failure{Layer::dns, Reason::disagreement, each.resolver + claim + ", " + good->resolver + " has it"};
  }
  return std::nullopt;
}

Task<Finding> look_dns(Net& net, Target target) {
  std::vector<std::string> resolvers = target.pool->resolvers;
  if (resolvers.empty()) resolvers.emplace_back();
  std::vector<Task<ResolverAnswer>> questions;
  for (const std::string& resolver : resolvers) questions.push_back(ask(net, target, resolver));
  std::vector<ResolverAnswer> answers = co_await all(std::move(questions));
  Finding finding;
  finding.failure = compare_answers(answers);
  finding.addresses = addresses_of(answers);
  finding.timings.dns = quickest(answers);
  co_return finding;
}

}  // namespace mw
