// What every series of a mirror begins with, rendered once and kept while the mirror is configured as it is; and which
// mirrors a scrape is about.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "exporter/count_book.hpp"
#include "exporter/exposition.hpp"
#include "exporter/published.hpp"

namespace mw {

/// A mirror's labels as they stand on the page, and its counts.
struct RowText {
  std::shared_ptr<const Pool> pool;
  std::shared_ptr<const Mirror> mirror;
  std::shared_ptr<const MirrorCounts> counts;  ///< null when it has none
  std::string labels;                          ///< pool and mirror
  std::string info;                            ///< the further labels of mirror_info, each with its comma in front
  bool is_double = false;                      ///< an earlier mirror has the same labels: this one is not exported
};

/// In the order of the snapshot's mirrors. Looks at the configured names only.
std::vector<RowText> row_texts(const Snapshot&, const CountBook::Pages*);

/// Of which mirrors a scrape wants to hear. Names as they are configured; of no names, all.
struct MirrorFilter {
  std::vector<std::string> pools;
  std::vector<std::string> mirrors;

  bool is_open() const { return pools.empty() && mirrors.empty(); }
  bool admits(const std::string& pool, const std::string& mirror) const;
};

struct Row {
  const MirrorView* view = nullptr;
  const RowText* text = nullptr;
};

/// Keeps the last snapshot's texts for as long as its mirrors are the same objects. Any thread.
class RowCache {
 public:
  std::shared_ptr<const std::vector<RowText>> texts_of(const Snapshot&, const CountBook::Pages*);

 private:
  Shared<std::vector<RowText>> kept_;
};

/// `texts` are of this snapshot.
std::vector<Row> rows_of(const Snapshot&, const std::vector<RowText>& texts, const MirrorFilter&);

}  // namespace mw
