// Due times and caps. Pure.
#include "probes/schedule.hpp"

namespace mw {

Duration phase_of(std::string_view identity, Duration interval) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : identity) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  hash ^= hash >> 32U;  // FNV's low bits alone spread short names badly
  return Duration(static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(interval.count())));
}

SteadyTime next_due(SteadyTime after, SteadyTime origin, Duration interval, Duration phase) {
  const Duration since = after - origin - phase;
  std::int64_t n = since / interval;
  if (since.count() < 0 && since % interval != Duration::zero()) --n;
  return origin + phase + (n + 1) * interval;
}

bool Caps::free(const std::string& host) const {
  const auto found = hosts_.find(host);
  return running_ < total_ && (found == hosts_.end() || found->second < per_host_);
}

void Caps::take(const std::string& host) {
  ++running_;
  ++hosts_[host];
}

void Caps::give(const std::string& host) {
  --running_;
  if (--hosts_[host] == 0) hosts_.erase(host);
}

}  // namespace mw
