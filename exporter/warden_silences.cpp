// Silences and acknowledgements that people ask for.
#include "exporter/warden.hpp"
#include "probes/digest.hpp"

namespace mw {

namespace {

constexpr std::size_t kMostSilences = 1000;

}  // namespace

void Warden::hush(Instant now) {
  forget_ended(owing_.silences, now.steady);
  silence(owing_.alerts, owing_.silences, windows_in_force(config_->maintenance, now.wall), now.steady);
}

std::variant<std::string, NotLaid> Warden::lay(Silence wanted) {
  const Instant now{net_.now(), net_.wall()};
  if (auto trouble = trouble_with(wanted, now.wall)) return NotLaid{*trouble};
  if (owing_.silences.size() >= kMostSilences) return NotLaid{"would be one more than 1000"};
  const std::string seed = identity_ + std::to_string(now.wall.time_since_epoch().count());
  wanted.id = sha256_hex(seed + std::to_string(owing_.silences.size())).substr(0, 16);
  owing_.silences[wanted.id] = timed(wanted, now);
  evaluate_now();
  return wanted.id;
}

bool Warden::lift(const std::string& id) {
  const auto found = owing_.silences.find(id);
  if (found == owing_.silences.end()) return false;
  const Instant now{net_.now(), net_.wall()};
  found->second.ends_at = std::min(found->second.ends_at, now.wall);
  found->second = timed(found->second, now);
  evaluate_now();
  return true;
}

std::size_t Warden::acknowledge(const std::vector<Matcher>& matchers, Acknowledgement by) {
  by.at = net_.wall();
  const std::size_t count = mw::acknowledge(owing_.alerts, matchers, by);
  evaluate_now();
  return count;
}

}  // namespace mw
