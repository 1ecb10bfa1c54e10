// Rendering, once per configuration; choosing, once per scrape.
#include "exporter/mirror_rows.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

namespace mw {

namespace {

/// The configuration refuses names that clash; a clash must not cost the page all the same.
void add_configured(Labels& labels, const std::map<std::string, std::string>& configured) {
  constexpr std::array<std::string_view, 5> kOwn = {"pool", "mirror", "ecosystem", "role", "host"};
  for (const auto& [label, value] : configured) {
    if (is_label_name(label) && std::ranges::count(kOwn, std::string_view(label)) == 0) labels.add(label, value);
  }
}

std::string info_of(const Pool& pool, const Mirror& mirror) {
  Labels labels{
      {"ecosystem", pool.ecosystem}, {"role", mirror.reference ? "reference" : "mirror"}, {"host", mirror.url.host}};
  add_configured(labels, mirror.labels);
  return "," + labels.text();
}

std::shared_ptr<const MirrorCounts> counts_of(const CountBook::Pages* pages, const MirrorKey& key) {
  const auto found = pages == nullptr ? CountBook::Pages::const_iterator() : pages->find(key);
  return pages == nullptr || found == pages->end() ? nullptr : found->second;
}

bool are_of(const std::vector<RowText>& texts, const Snapshot& snapshot) {
  return std::ranges::equal(texts, snapshot.mirrors, [](const RowText& text, const auto& view) {
    return text.pool == view->pool && text.mirror == view->mirror;
  });
}

}  // namespace

std::vector<RowText> row_texts(const Snapshot& snapshot, const CountBook::Pages* pages) {
  std::vector<RowText> out;
  out.reserve(snapshot.mirrors.size());
  std::unordered_set<std::string_view> seen;
  for (const auto& view : snapshot.mirrors) {
    RowText& row = out.emplace_back();
    row.pool = view->pool;
    row.mirror = view->mirror;
    row.counts = counts_of(pages, {view->pool->name, view->mirror->name});
    row.labels = Labels{{"pool", view->pool->name}, {"mirror", view->mirror->name}}.text();
    row.info = info_of(*view->pool, *view->mirror);
    row.is_double = !seen.insert(row.labels).second;
  }
  return out;
}

bool MirrorFilter::admits(const std::string& pool, const std::string& mirror) const {
  const auto is_among = [](const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || std::ranges::find(names, name) != names.end();
  };
  return is_among(pools, pool) && is_among(mirrors, mirror);
}

std::shared_ptr<const std::vector<RowText>> RowCache::texts_of(const Snapshot& snapshot,
                                                               const CountBook::Pages* pages) {
  auto kept = kept_.load();
  if (kept && are_of(*kept, snapshot)) return kept;
  kept = std::make_shared<const std::vector<RowText>>(row_texts(snapshot, pages));
  kept_.store(kept);
  return kept;
}

std::vector<Row> rows_of(const Snapshot& snapshot, const std::vector<RowText>& texts, const MirrorFilter& only) {
  std::vector<Row> out;
  out.reserve(only.is_open() ? texts.size() : 0);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const RowText& text = texts[i];
    if (!text.is_double && (only.is_open() || only.admits(text.pool->name, text.mirror->name)))
      out.push_back({snapshot.mirrors[i].get(), &text});
  }
  return out;
}

}  // namespace mw
