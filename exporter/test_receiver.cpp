// The trial of a receiver.
#include "exporter/test_receiver.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <exception>
#include <ostream>

#include "alerts/trial.hpp"
#include "exporter/build_info.hpp"
#include "exporter/delivery.hpp"
#include "probes/duration.hpp"
#include "probes/live_net.hpp"

namespace mw {

namespace {

/// What it was sent, and what came of it.
struct Trial {
  Receiver endpoint;
  bool firing = true;
  Delivery delivery;
  std::string said;  ///< fit to be shown
  Duration took{};
};

/// A failure's detail may quote what it was about.
std::string words_in(const Answered& answered) {
  if (const auto* response = std::get_if<Response>(&answered)) return response->body;
  return std::get<Failure>(answered).detail;
}

Task<Trial> try_endpoint(Net& net, Receiver endpoint, AgentConfig agent, bool firing) {
  Trial trial{endpoint, firing, {}, "", {}};
  const Message message = trial_message(endpoint, agent.vantage, net.wall(), firing);
  const Outgoing outgoing = find_receiver_kind(endpoint.kind)->render(endpoint, message, net.wall());
  const SteadyTime began = net.now();
  Task<Answered> sending = send(net, endpoint, outgoing, user_agent(agent, build_info().version));
  const Answered answered = co_await std::move(sending);
  trial.took = net.now() - began;
  trial.delivery = delivery_of(endpoint, answered);
  trial.said = without_secrets(words_in(answered), endpoint, outgoing);
  co_return trial;
}

/// Where it happens.
struct Place {
  explicit Place(AgentConfig config) : agent(std::move(config)) {}
  AgentConfig agent;
  asio::io_context loop;
  LiveNet net{loop};
};

/// Runs the loop until it has ended.
Trial try_in(Place& place, const Receiver& endpoint, bool firing) {
  Trial trial;
  std::exception_ptr trouble;
  bool ended = false;
  asio::co_spawn(place.loop, try_endpoint(place.net, endpoint, place.agent, firing),
                 [&](std::exception_ptr thrown, Trial made) {
                   trouble = std::move(thrown);
                   trial = std::move(made);
                   ended = true;
                 });
  while (!ended && place.loop.run_one() > 0) continue;
  if (trouble) std::rethrow_exception(trouble);
  return trial;
}

/// "am/1 (alertmanager): accepted, status 200, after 12ms".
void report(const Trial& trial, std::ostream& out) {
  const Delivery& delivery = trial.delivery;
  const bool accepted = delivery.outcome == Acceptance::accepted;
  out << trial.endpoint.name << " (" << trial.endpoint.kind << ")" << (trial.firing ? "" : ", its all-clear") << ": "
      << (accepted ? "accepted, status " + std::to_string(delivery.status) : "not accepted, " + delivery.error)
      << ", after " << format_duration(trial.took) << '\n';
  if (!trial.said.empty()) out << "  it says: " << trial.said << '\n';
}

/// An incident that may have been opened is closed again.
bool passes(Place& place, const Receiver& endpoint, std::ostream& out) {
  const Trial trial = try_in(place, endpoint, true);
  report(trial, out);
  const bool accepted = trial.delivery.outcome == Acceptance::accepted;
  const bool may_stand = accepted || trial.delivery.status == 0;
  if (!find_receiver_kind(endpoint.kind)->opens_incidents || !may_stand) return accepted;
  const Trial end = try_in(place, endpoint, false);
  report(end, out);
  return accepted && end.delivery.outcome == Acceptance::accepted;
}

std::vector<Receiver> named(const std::vector<Receiver>& receivers, const std::string& name) {
  std::vector<Receiver> found;
  for (const Receiver& receiver : receivers)
    for (const Receiver& endpoint : endpoints_of(receiver))
      if (receiver.name == name || endpoint.name == name) found.push_back(endpoint);
  return found;
}

}  // namespace

int test_receiver(const Config& config, const std::string& name, std::ostream& out, std::ostream& err) {
  const std::vector<Receiver> endpoints = named(config.receivers, name);
  if (endpoints.empty()) {
    err << "no receiver is called '" << printable(name, 64) << "'; there are:";
    for (const Receiver& receiver : config.receivers) err << ' ' << receiver.name;
    err << '\n';
    return 2;
  }
  Place place(config.agent);
  bool all = true;
  for (const Receiver& endpoint : endpoints) all = passes(place, endpoint, out) && all;
  place.net.close();
  return all ? 0 : 1;
}

}  // namespace mw
