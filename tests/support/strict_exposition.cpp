// Written against the format's description, sharing nothing with the writer but the catalogue.
#include "tests/support/strict_exposition.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>

#include "exporter/catalogue.hpp"

namespace mw {

namespace {

struct Wrong : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void must(bool holds, const char* what) {
  if (!holds) throw Wrong(what);
}

bool is_name_char(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

std::string take_name(std::string_view& line) {
  std::size_t n = 0;
  while (n < line.size() && is_name_char(line[n], n == 0)) ++n;
  must(n > 0, "a name was expected");
  std::string name(line.substr(0, n));
  line.remove_prefix(n);
  return name;
}

void take(std::string_view& line, char c) {
  must(!line.empty() && line[0] == c, "punctuation was expected");
  line.remove_prefix(1);
}

char unescaped(std::string_view& line) {
  must(line.size() > 1, "an escape at the end");
  const char c = line[1];
  line.remove_prefix(1);
  must(c == '\\' || c == '"' || c == 'n', "an unknown escape");
  return c == 'n' ? '\n' : c;
}

std::string take_quoted(std::string_view& line) {
  take(line, '"');
  std::string out;
  while (!line.empty() && line[0] != '"') {
    out += line[0] == '\\' ? unescaped(line) : line[0];
    line.remove_prefix(1);
  }
  take(line, '"');
  return out;
}

std::map<std::string, std::string> take_labels(std::string_view& line) {
  std::map<std::string, std::string> labels;
  if (!line.starts_with('{')) return labels;
  do {
    line.remove_prefix(1);
    std::string name = take_name(line);
    take(line, '=');
    must(labels.emplace(std::move(name), take_quoted(line)).second, "a label twice");
  } while (line.starts_with(','));
  take(line, '}');
  return labels;
}

double take_value(std::string_view line) {
  double value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  must(error == std::errc{} && end == line.data() + line.size() && std::isfinite(value), "not a finite number");
  return value;
}

void must_be_declared(const Metric& metric, const std::map<std::string, std::string>& labels) {
  std::set<std::string, std::less<>> declared;
  for (std::string_view rest = metric.labels; !rest.empty();) {
    const auto comma = std::min(rest.find(','), rest.size());
    declared.emplace(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  if (declared.contains("…")) return;
  if (metric.type == MetricType::histogram) declared.emplace("le");
  for (const auto& [name, value] : labels) must(declared.contains(name), "a label that the catalogue does not have");
}

/// Buckets of one histogram series: bounds and counts must rise to +Inf, which must equal the count.
struct Buckets {
  double bound = -std::numeric_limits<double>::infinity();
  double count = 0;

  void take(const std::string& le, double value) {
    const double next = le == "+Inf" ? std::numeric_limits<double>::infinity() : take_value(le);
    must(next > bound && value >= count, "buckets do not rise");
    bound = next;
    count = value;
  }
};

/// Of a HELP in OpenMetrics, where a quote has to be escaped as well.
void must_be_escaped(std::string_view help) {
  while (!help.empty()) {
    must(help[0] != '"', "a bare quote in HELP");
    if (help[0] == '\\') unescaped(help);
    help.remove_prefix(1);
  }
}

class Reader {
 public:
  explicit Reader(Format format) : open_(format == Format::open_metrics) {}

  void take_line(std::string_view line) {
    must(!ended_, "something after # EOF");
    if (line.starts_with("# HELP ")) return take_help(line.substr(7));
    if (line.starts_with("# TYPE ")) return take_type(line.substr(7));
    if (open_ && line.starts_with("# UNIT ")) return take_unit(line.substr(7));
    if (open_ && line == "# EOF") return take_end();
    must(family_ != nullptr && typed_, "a sample before its TYPE");
    take_sample(line);
  }

  void finish() {
    must(ended_ == open_, "no # EOF");
    close_family();
    for (const auto& [series, count] : counts_) must(buckets_.contains(series), "a histogram without buckets");
    for (const auto& [series, buckets] : buckets_) {
      must(std::isinf(buckets.bound), "a histogram without +Inf");
      must(counts_.contains(series) && counts_.at(series) == buckets.count, "_count is not the +Inf bucket");
    }
  }

  std::vector<ReadSample> samples;

 private:
  using Identity = std::map<std::string, std::string>;
  using Series = std::pair<std::string, Identity>;

  void take_help(std::string_view line) {
    close_family();
    stem_ = take_name(line);
    must(families_.insert(stem_).second, "a family in two pieces");
    family_ = &metric(open_ && is_counter_stem(stem_) ? stem_ + "_total" : stem_);
    must(!open_ || family_->type != MetricType::counter || !stem_.ends_with("_total"), "a counter's family is _total");
    typed_ = false;
    has_unit_ = false;
    take(line, ' ');
    must(!line.empty(), "an empty HELP");
    if (open_) must_be_escaped(line);
  }

  static bool is_counter_stem(const std::string& stem) {
    for (const Metric& row : catalogue())
      if (row.type == MetricType::counter && row.name == stem + "_total") return true;
    return false;
  }

  void close_family() {
    if (family_ != nullptr) must(typed_ && has_samples_, "a header without samples");
    if (family_ != nullptr && open_) must(has_unit_ == !family_->unit.empty(), "UNIT is not the catalogue's");
    has_samples_ = false;
    groups_.clear();
    group_.reset();
  }

  void take_type(std::string_view line) {
    must(family_ != nullptr && !typed_ && take_name(line) == stem_, "TYPE does not follow its HELP");
    take(line, ' ');
    must(line == name(family_->type), "TYPE is not the catalogue's");
    typed_ = true;
  }

  void take_unit(std::string_view line) {
    must(typed_ && !has_samples_ && !has_unit_ && take_name(line) == stem_, "UNIT does not follow its TYPE");
    take(line, ' ');
    must(line == family_->unit && stem_.ends_with("_" + std::string(line)), "UNIT is not what the name ends in");
    has_unit_ = true;
  }

  void take_end() { ended_ = true; }

  void take_sample(std::string_view line) {
    ReadSample sample;
    sample.name = take_name(line);
    sample.labels = take_labels(line);
    take(line, ' ');
    sample.value = take_value(line);
    has_samples_ = true;
    must_be_declared(*family_, sample.labels);
    auto identity = sample.labels;
    std::erase_if(identity, [](const auto& label) { return label.second.empty(); });
    must(series_.emplace(sample.name, identity).second, "a series twice");
    check_name(sample, identity);
    samples.push_back(std::move(sample));
  }

  void check_name(const ReadSample& sample, Identity identity) {
    const bool is_histogram = family_->type == MetricType::histogram;
    if (is_histogram) identity.erase("le");
    if (open_) must_be_together(identity);
    if (open_ && family_->type != MetricType::gauge && sample.name == stem_ + "_created")
      return must(sample.value > 0, "_created is no time");
    if (!is_histogram) return must(sample.name == family_->name, "a sample outside its family");
    if (sample.name == stem_ + "_bucket") return take_bucket(sample, identity);
    if (sample.name == stem_ + "_count")
      counts_[{stem_, identity}] = sample.value;
    else
      must(sample.name == stem_ + "_sum", "not a histogram's sample");
  }

  void take_bucket(const ReadSample& sample, const Identity& identity) {
    const std::string& le = sample.labels.at("le");
    must(le == "+Inf" || le.find_first_of(".e") != std::string::npos, "a bound that is not canonical");
    buckets_[{stem_, identity}].take(le, sample.value);
  }

  /// OpenMetrics: what is of one series must not be torn apart.
  void must_be_together(const Identity& identity) {
    if (group_ && *group_ == identity) return;
    must(groups_.insert(identity).second, "samples of one series are not together");
    group_ = identity;
  }

  bool open_;
  bool ended_ = false;
  const Metric* family_ = nullptr;
  std::string stem_;
  bool typed_ = false;
  bool has_unit_ = false;
  bool has_samples_ = false;
  std::optional<Identity> group_;
  std::set<Identity> groups_;
  std::set<std::string> families_;
  std::set<Series> series_;
  std::map<Series, Buckets> buckets_;
  std::map<Series, double> counts_;
};

/// Bytes of the sequence that begins with `lead`, and the least code point that needs so many.
std::pair<std::size_t, std::uint32_t> shape_of(unsigned char lead) {
  if (lead < 0x80) return {1, 0};
  if (lead >> 5U == 0x06) return {2, 0x80};
  if (lead >> 4U == 0x0E) return {3, 0x800};
  if (lead >> 3U == 0x1E) return {4, 0x10000};
  return {0, 0};
}

std::optional<std::uint32_t> decode(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return lead;
  std::uint32_t point = lead & (0xFFU >> (sequence.size() + 1));
  for (const char c : sequence.substr(1)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >> 6U != 2) return {};
    point = point << 6U | (byte & 0x3FU);
  }
  return point;
}

}  // namespace

bool reads_as_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto [length, least] = shape_of(static_cast<unsigned char>(text[0]));
    if (length == 0 || length > text.size()) return false;
    const auto point = decode(text.substr(0, length));
    if (!point || *point < least || *point > 0x10FFFF || (*point >= 0xD800 && *point <= 0xDFFF)) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::variant<std::vector<ReadSample>, std::string> read_exposition(std::string_view page, Format format) {
  if (!reads_as_utf8(page)) return "not UTF-8";
  if (!page.empty() && page.back() != '\n') return "the last line does not end";
  Reader reader(format);
  for (int number = 1; !page.empty(); ++number) {
    const std::string_view line = page.substr(0, page.find('\n'));
    page.remove_prefix(line.size() + 1);
    try {
      for (const char c : line) must(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F, "a control character");
      reader.take_line(line);
    } catch (const std::exception& wrong) {
      return "line " + std::to_string(number) + ": " + wrong.what() + ": " + std::string(line);
    }
  }
  try {
    reader.finish();
  } catch (const std::exception& wrong) {
    return wrong.what();
  }
  return std::move(reader.samples);
}

}  // namespace mw
