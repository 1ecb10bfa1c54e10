// Gaps, rests and budgets. Pure.
#include "probes/courtesy.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "probes/formats/retry_after.hpp"

namespace mw {

namespace {

constexpr double kDaySeconds = 24.0 * 3600;
constexpr int kMostDoublings = 12;

bool fetches(CheckKind kind) {
  return kind == CheckKind::http || kind == CheckKind::freshness || kind == CheckKind::integrity;
}

}  // namespace

std::string_view name(PutOff why) {
  constexpr std::array kNames = {"retry_after", "budget"};
  return kNames.at(static_cast<std::size_t>(why));
}

void Courtesy::configure(Terms terms, const std::set<std::string>& hosts) {
  terms_ = terms;
  std::erase_if(hosts_, [&](const auto& entry) { return !hosts.contains(entry.first); });
}

SteadyTime Courtesy::free_at(const std::string& host) const {
  const auto found = hosts_.find(host);
  if (found == hosts_.end() || !found->second.last_start) return SteadyTime::min();
  return *found->second.last_start + terms_.gap;
}

double Courtesy::used(const Host& host, SteadyTime now) const {
  const double seconds = std::chrono::duration<double>(now - host.counted).count();
  return std::max(0.0, host.used - seconds * static_cast<double>(terms_.bytes_per_day) / kDaySeconds);
}

std::optional<PutOff> Courtesy::put_off(const std::string& host, CheckKind kind, SteadyTime now) const {
  const auto found = hosts_.find(host);
  if (found == hosts_.end() || kind == CheckKind::dns) return std::nullopt;
  if (found->second.rests_until > now) return PutOff::asked_to_wait;
  if (fetches(kind) && used(found->second, now) >= static_cast<double>(terms_.bytes_per_day)) return PutOff::budget;
  return std::nullopt;
}

void Courtesy::started(const std::string& host, SteadyTime now) { hosts_[host].last_start = now; }

void Courtesy::finished(const std::string& name, const Traffic& traffic, Duration usual, SteadyTime now) {
  Host& host = hosts_[name];
  host.used = used(host, now) + static_cast<double>(traffic.bytes_received);
  host.counted = now;
  if (traffic.requests == 0) return;
  host.asked = traffic.retry_after ? std::min(host.asked + 1, kMostDoublings) : 0;
  if (!traffic.retry_after) return;
  const Duration widened = std::min(usual, kLongestRetryAfter) * (1 << (host.asked - 1));
  const SteadyTime end = now + std::min(std::max(*traffic.retry_after, widened), kLongestRetryAfter);
  host.rests_until = std::max(host.rests_until.value_or(end), end);
}

}  // namespace mw
