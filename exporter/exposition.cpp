// Escaping, numbers, and the lines of a page.
#include "exporter/exposition.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <unordered_set>

namespace mw {

namespace {

void append_label_value(std::string& out, std::string_view value) {
  for (const char c : printable(value)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
}

/// OpenMetrics wants quotes escaped here as well.
void append_help(std::string& out, std::string_view help, Format format) {
  for (const char c : help) {
    if (c == '\\' || (c == '"' && format == Format::open_metrics)) out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
}

/// Integers whose shortest form has no exponent, which is nearly all that a page holds: five times faster than the
/// rest.
bool is_plain_integer(double value) {
  constexpr double kExact = 1e15;
  if (!(value >= 0 && value <= kExact) || std::signbit(value)) return false;
  const auto whole = static_cast<std::uint64_t>(value);
  return static_cast<double>(whole) == value && (whole < 100'000 || whole % 100'000 != 0);
}

constexpr std::size_t kLongestNumber = 32;

/// Behind what was put at `at`, which has room for it.
char* put_number(char* at, double value) {
  char* const limit = at + kLongestNumber;
  return is_plain_integer(value) ? std::to_chars(at, limit, static_cast<std::uint64_t>(value)).ptr
                                 : std::to_chars(at, limit, value).ptr;
}

char* put(char* at, std::string_view text) { return std::copy(text.begin(), text.end(), at); }

struct SeriesHash {
  std::size_t operator()(const Sample* sample) const {
    const std::hash<std::string_view> hash;
    return hash(sample->labels.text()) * 31 + hash(sample->suffix);
  }
};

struct SameSeries {
  bool operator()(const Sample* a, const Sample* b) const { return a->suffix == b->suffix && a->labels == b->labels; }
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Labels::Labels(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  for (const auto& [name, value] : pairs) add(name, value);
}

Labels& Labels::add(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  if (!text_.empty()) text_ += ',';
  text_.append(name).append("=\"");
  append_label_value(text_, value);
  text_ += '"';
  return *this;
}

bool is_label_name(std::string_view text) {
  return !text.empty() && !is_digit(text[0]) && !text.starts_with("__") &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c); });
}

void Family::add(Labels labels, double value, std::string_view suffix) {
  if (std::isfinite(value)) samples.push_back({suffix, std::move(labels), value});
}

std::string number(double value) {
  std::array<char, kLongestNumber> buffer{};
  return {buffer.data(), put_number(buffer.data(), value)};
}

std::string bucket_bound(double value) {
  if (value == std::numeric_limits<double>::infinity()) return "+Inf";
  std::string out = number(value);
  const bool is_whole = out.find_first_of(".e") == std::string::npos;
  return is_whole ? out + ".0" : out;
}

double unix_seconds(SysTime time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

std::string_view content_type(Format format) {
  return format == Format::text ? "text/plain; version=0.0.4; charset=utf-8"
                                : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

Page::Page(Format format, std::size_t expected_size) : format_(format) { out_.reserve(expected_size); }

/// Where the next bytes go. Room is taken in steps that stay in a near cache while they are filled with zeros.
char* Page::room(std::size_t bytes) {
  constexpr std::size_t kStep = std::size_t{64} * 1024;
  if (out_.size() - used_ < bytes) out_.resize(std::max(out_.size() + kStep, used_ + bytes));
  return out_.data() + used_;
}

void Page::begin(const Metric& metric) {
  metric_ = &metric;
  has_header_ = false;
  stem_ = metric.name;
  own_suffix_ = {};
  if (format_ == Format::text || metric.type != MetricType::counter) return;
  own_suffix_ = "_total";
  stem_.resize(stem_.size() - own_suffix_.size());
}

void Page::write_header() {
  has_header_ = true;
  std::string header = "# HELP " + stem_ + " ";
  append_help(header, metric_->help, format_);
  header.append("\n# TYPE ").append(stem_).append(" ").append(name(metric_->type)).append("\n");
  if (format_ == Format::open_metrics && !metric_->unit.empty())
    header.append("# UNIT ").append(stem_).append(" ").append(metric_->unit).append("\n");
  put(room(header.size()), header);
  used_ += header.size();
}

void Page::add(std::string_view labels, std::string_view more, double value, std::string_view suffix) {
  if (!std::isfinite(value) || (format_ == Format::text && suffix == kCreated)) return;
  if (!has_header_) write_header();
  if (suffix.empty()) suffix = own_suffix_;
  if (labels.empty() && !more.empty()) more.remove_prefix(1);
  constexpr std::size_t kPunctuation = 4;
  char* const begin = room(stem_.size() + suffix.size() + labels.size() + more.size() + kLongestNumber + kPunctuation);
  char* at = put(put(begin, stem_), suffix);
  if (!labels.empty() || !more.empty()) at = put(put(put(put(at, "{"), labels), more), "}");
  at = put_number(put(at, " "), value);
  at = put(at, "\n");
  used_ += static_cast<std::size_t>(at - begin);
}

std::string Page::finish() {
  out_.resize(used_);
  if (format_ == Format::open_metrics) out_ += "# EOF\n";
  return std::move(out_);
}

void write_families(Page& page, const Metric& metric, std::span<const Family> families) {
  std::unordered_set<const Sample*, SeriesHash, SameSeries> seen;
  for (const Family& family : families) {
    if (family.metric != &metric) continue;
    for (const Sample& sample : family.samples)
      if (seen.insert(&sample).second) page.add(sample.labels.text(), {}, sample.value, sample.suffix);
  }
}

std::string write_page(std::span<const Family> families, Format format) {
  Page page(format);
  for (const Metric& metric : catalogue()) {
    page.begin(metric);
    write_families(page, metric, families);
  }
  return page.finish();
}

}  // namespace mw
