// Family by family, in the catalogue's order.
#include "exporter/metrics_page.hpp"

#include <memory>
#include <vector>

#include "exporter/mirror_metrics.hpp"
#include "exporter/published_metrics.hpp"

namespace mw {

std::string MetricsPages::page(const Scrape& scrape, const Published* published, std::span<const Family> own) {
  const auto snapshot = published == nullptr ? nullptr : published->snapshot;
  const auto counts = counts_ == nullptr ? nullptr : counts_->pages();
  const auto texts = snapshot ? rows_.texts_of(*snapshot, counts.get()) : nullptr;
  const auto rows = snapshot ? rows_of(*snapshot, *texts, scrape.only) : std::vector<Row>();
  const auto families = published == nullptr ? std::vector<Family>() : published_families(*published, scrape.only);

  const std::size_t expected = last_size_;
  Page page(scrape.format, scrape.only.is_open() ? expected + expected / 16 : 0);
  for (const Metric& metric : catalogue()) {
    page.begin(metric);
    write_mirrors(page, metric, rows, scrape.now);
    write_families(page, metric, families);
    write_families(page, metric, own);
  }
  std::string text = page.finish();
  if (scrape.only.is_open()) last_size_ = text.size();
  return text;
}

}  // namespace mw
