// The page that one scrape gets.
#pragma once

#include <atomic>
#include <span>
#include <string>

#include "exporter/exposition.hpp"
#include "exporter/mirror_rows.hpp"
#include "exporter/published.hpp"

namespace mw {

struct Scrape {
  Format format = Format::text;
  MirrorFilter only;
  SysTime now{};
};

/// What is kept between scrapes. Any thread.
class MetricsPages {
 public:
  explicit MetricsPages(const CountBook* counts = nullptr) : counts_(counts) {}

  /// `published` may be null: nothing is known yet. `own`: what the agent says of itself.
  std::string page(const Scrape&, const Published* published, std::span<const Family> own);

 private:
  const CountBook* counts_;
  RowCache rows_;
  std::atomic<std::size_t> last_size_ = 0;  ///< of a whole page, so that the next one finds its room at once
};

}  // namespace mw
