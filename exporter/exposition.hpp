// Prometheus' text format 0.0.4: the model of a page and its writer. What must not happen to a page (a stray byte,
// a duplicate, a NaN) cannot be said with these types or is dropped by them. Knows no mirrors.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/catalogue.hpp"
#include "probes/model.hpp"

namespace mw {

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

struct Sample {
  std::string_view suffix;  ///< of a static string: "_bucket", "_sum", "_count" or empty
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

/// The page: families in the catalogue's order, empty ones left out, of duplicate series the first one.
std::string write_text(std::span<const Family>);

inline constexpr std::string_view kTextContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace mw
