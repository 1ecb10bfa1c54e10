// Prometheus' text format 0.0.4 and OpenMetrics 1.0: the model of a page and its writer. What must not happen to a page
// (a stray byte, a NaN, a header without samples) cannot be said with these types or is dropped by them. Knows no
// mirrors.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/catalogue.hpp"
#include "probes/model.hpp"

namespace mw {

enum class Format : std::uint8_t { text, open_metrics };
std::string_view content_type(Format);

/// Label pairs, already as they stand on the page. The one choke-point of label values: whatever bytes go in,
/// valid UTF-8 without control characters comes out, escaped and at most 256 bytes (and an ellipsis) long.
class Labels {
 public:
  Labels() = default;
  Labels(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs);

  /// `name` is a label name, each at most once. An empty value adds nothing: to Prometheus the two are the same.
  Labels& add(std::string_view name, std::string_view value);
  const std::string& text() const { return text_; }
  bool operator==(const Labels&) const = default;

 private:
  std::string text_;
};

/// [a-zA-Z_][a-zA-Z0-9_]*, and not reserved: no leading "__".
bool is_label_name(std::string_view text);

/// What ends the name of a series in which a histogram, or the start of a counter, tells a part of itself.
inline constexpr std::string_view kBucket = "_bucket", kSum = "_sum", kCount = "_count", kCreated = "_created";

struct Sample {
  std::string_view suffix;  ///< one of the above, or empty
  Labels labels;
  double value = 0;
};

struct Family {
  const Metric* metric = nullptr;  ///< a row of the catalogue
  std::vector<Sample> samples;

  explicit Family(std::string_view name) : metric(&mw::metric(name)) {}

  /// A value that is not finite is not a sample.
  void add(Labels labels, double value, std::string_view suffix = {});
};

/// The shortest decimal that reads back as the same double.
std::string number(double value);

/// A bucket's bound as OpenMetrics and Prometheus 3 write it: "0.5", "1.0", "+Inf".
std::string bucket_bound(double value);

/// Seconds since 1970-01-01 UTC.
double unix_seconds(SysTime);

/// A page while it is written. Whoever writes sees to it that each metric begins once and no series comes twice.
class Page {
 public:
  /// Room for so many bytes is taken at once.
  explicit Page(Format format, std::size_t expected_size = 0);

  Format format() const { return format_; }

  /// What follows is of this metric. Its header comes with its first sample.
  void begin(const Metric&);

  /// `labels` is as Labels::text() has it, and so is `more`, but with a comma before each pair. A value that is not
  /// finite is no sample; neither is, in format 0.0.4, a _created.
  void add(std::string_view labels, std::string_view more, double value, std::string_view suffix = {});

  /// Nothing may be written afterwards.
  std::string finish();

 private:
  void write_header();
  char* room(std::size_t bytes);

  Format format_;
  std::string out_;  ///< of which the first used_ bytes are written
  std::size_t used_ = 0;
  const Metric* metric_ = nullptr;
  std::string stem_;             ///< the family's name: in OpenMetrics a counter's has no _total
  std::string_view own_suffix_;  ///< what a sample without suffix has behind the stem
  bool has_header_ = false;
};

/// The samples of `metric`, which has begun, among `families`; of duplicate series the first one.
void write_families(Page&, const Metric& metric, std::span<const Family> families);

/// A whole page: families in the catalogue's order, empty ones left out.
std::string write_page(std::span<const Family>, Format = Format::text);

}  // namespace mw
