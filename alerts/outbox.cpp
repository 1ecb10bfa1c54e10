// Reconciling what is true with what was told. Pure.
#include "alerts/outbox.hpp"

#include <algorithm>

#include "probes/formats/retry_after.hpp"

namespace mw {

namespace {

constexpr Duration kFirstRetry = std::chrono::seconds(1);
constexpr Duration kLastRetry = std::chrono::minutes(5);

struct News {
  Owed owed;
  SysTime at{};
};

bool told_by(const Alert& alert, const Receiver& receiver) {
  const auto& notify = alert.rule.notify;
  return std::find(notify.begin(), notify.end(), receiver.name) != notify.end();
}

/// At most one piece of news per alert: an episode's all-clear comes before the next episode's firing.
std::optional<News> news_of(const AlertKey& key, const Alert& alert, const Told& told, const Receiver& receiver) {
  const bool over = alert.phase != Phase::firing || alert.episode != told.attempted;
  const bool clear_owed = told.attempted > told.resolved && over;
  if (clear_owed && receiver.send_resolved) return News{{key, told.attempted, false}, alert.resolved_at};
  if (!told_by(alert, receiver) || alert.phase != Phase::firing || alert.inhibited) return std::nullopt;
  if (told.fired >= alert.episode) return std::nullopt;
  return News{{key, alert.episode, true}, alert.fired_at};
}

std::vector<News> all_news(const Ledger& ledger, const Alerts& alerts, const Receiver& receiver) {
  std::vector<News> news;
  for (const auto& [key, alert] : alerts) {
    const auto told = ledger.told.find(key);
    if (auto piece = news_of(key, alert, told == ledger.told.end() ? Told{} : told->second, receiver))
      news.push_back(std::move(*piece));
  }
  return news;
}

Duration backoff(int failures) {
  Duration wait = kFirstRetry;
  for (int i = 1; i < failures && wait < kLastRetry; ++i) wait *= 2;
  return std::min(wait, kLastRetry);
}

}  // namespace

std::optional<Owed> next_owed(const Ledger& ledger, const Alerts& alerts, const Receiver& receiver) {
  const std::vector<News> news = all_news(ledger, alerts, receiver);
  const auto oldest =
      std::min_element(news.begin(), news.end(), [](const News& a, const News& b) { return a.at < b.at; });
  if (oldest == news.end()) return std::nullopt;
  return oldest->owed;
}

std::size_t count_owed(const Ledger& ledger, const Alerts& alerts, const Receiver& receiver) {
  return all_news(ledger, alerts, receiver).size();
}

Ledger attempted(Ledger ledger, const Owed& owed) {
  if (owed.firing) ledger.told[owed.key].attempted = owed.episode;
  return ledger;
}

Ledger settled(Ledger ledger, const Owed& owed, const Delivery& delivery, SteadyTime now) {
  if (delivery.outcome == Outcome::accepted) {
    Told& told = ledger.told[owed.key];
    (owed.firing ? told.fired : told.resolved) = owed.episode;
    ledger.failures = 0;
    ledger.not_before = now;
    ledger.last_error.clear();
    return ledger;
  }
  ++ledger.failures;
  const Duration wait = delivery.retry_after ? std::max(*delivery.retry_after, kFirstRetry) : backoff(ledger.failures);
  ledger.not_before = now + std::min(wait, kLongestRetryAfter);
  ledger.last_error = delivery.error;
  return ledger;
}

void forget_finished(Alerts& alerts, Outbox& outbox, const std::vector<Receiver>& receivers) {
  std::erase_if(alerts, [&](const auto& entry) {
    if (entry.second.phase != Phase::inactive) return false;
    const Alerts alone = {entry};
    for (const Receiver& receiver : receivers)
      if (count_owed(outbox[receiver.name], alone, receiver) > 0) return false;
    return true;
  });
  for (auto& [name, ledger] : outbox)
    std::erase_if(ledger.told, [&](const auto& entry) { return !alerts.contains(entry.first); });
}

}  // namespace mw
