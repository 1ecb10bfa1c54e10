// Counting without locks: one thread adds.
#include "exporter/count_book.hpp"

#include <algorithm>

#include "probes/duration.hpp"

namespace mw {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

std::size_t index(CheckKind kind) { return static_cast<std::size_t>(kind); }

}  // namespace

void Latencies::take(Duration took) {
  const double value = seconds(std::max(took, Duration::zero()));
  const auto* const bucket = std::ranges::lower_bound(kLatencyBounds, value);
  counts_.at(static_cast<std::size_t>(bucket - kLatencyBounds.begin())).fetch_add(1, kRelaxed);
  sum_.store(sum_.load(kRelaxed) + value, kRelaxed);
}

Latencies::Picture Latencies::picture() const {
  Picture out;
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) out.up_to.at(i) = so_far += counts_.at(i).load(kRelaxed);
  out.sum = sum_.load(kRelaxed);
  return out;
}

void CountBook::configured(const Config& config, SysTime now) {
  const auto before = pages_.load();
  auto after = std::make_shared<Pages>();
  for (const auto& pool : config.pools) {
    for (const Mirror& mirror : pool->mirrors) {
      const MirrorKey key{pool->name, mirror.name};
      const auto kept = before ? before->find(key) : Pages::const_iterator();
      auto& counts = (*after)[key];
      if (before && kept != before->end()) counts = kept->second;
      if (counts) continue;
      counts = std::make_shared<MirrorCounts>();
      counts->since = now;
    }
  }
  pages_.store(std::move(after));
}

MirrorCounts* CountBook::find(const MirrorKey& key) const {
  const auto pages = pages_.load();
  const auto found = pages ? pages->find(key) : Pages::const_iterator();
  return pages && found != pages->end() ? found->second.get() : nullptr;
}

void CountBook::missed(const MirrorKey& key, CheckKind check) {
  if (auto* const counts = find(key)) counts->checks.at(index(check)).missed.fetch_add(1, kRelaxed);
}

void CountBook::put_off(const MirrorKey& key, PutOff why) {
  if (auto* const counts = find(key)) counts->put_off.at(static_cast<std::size_t>(why)).fetch_add(1, kRelaxed);
}

void CountBook::ended(const MirrorKey& key, const Finding& finding) {
  auto* const counts = find(key);
  if (counts != nullptr && !finding.failure) counts->checks.at(index(finding.check)).good.take(finding.took);
}

}  // namespace mw
