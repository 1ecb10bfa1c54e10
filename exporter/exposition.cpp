// Escaping, numbers, and the order of a page.
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

void append_help(std::string& out, std::string_view help) {
  for (const char c : help) {
    if (c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
}

void append_number(std::string& out, double value) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  if (error == std::errc{}) out.append(buffer.data(), end);
}

void append_sample(std::string& out, const Metric& metric, const Sample& sample) {
  out.append(metric.name).append(sample.suffix);
  if (!sample.labels.text().empty()) out.append("{").append(sample.labels.text()).append("}");
  out += ' ';
  append_number(out, sample.value);
  out += '\n';
}

struct SeriesHash {
  std::size_t operator()(const Sample* sample) const {
    const std::hash<std::string_view> hash;
    return hash(sample->labels.text()) * 31 + hash(sample->suffix);
  }
};

struct SameSeries {
  bool operator()(const Sample* a, const Sample* b) const { return a->suffix == b->suffix && a->labels == b->labels; }
};

void append_header(std::string& out, const Metric& metric) {
  out.append("# HELP ").append(metric.name).append(" ");
  append_help(out, metric.help);
  out.append("\n# TYPE ").append(metric.name).append(" ").append(name(metric.type)).append("\n");
}

void append_family(std::string& out, const Metric& metric, std::span<const Family> families) {
  std::unordered_set<const Sample*, SeriesHash, SameSeries> seen;
  for (const Family& family : families) {
    if (family.metric != &metric) continue;
    for (const Sample& sample : family.samples) {
      if (seen.empty()) append_header(out, metric);
      if (seen.insert(&sample).second) append_sample(out, metric, sample);
    }
  }
}

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
  std::string out;
  append_number(out, value);
  return out;
}

std::string bucket_bound(double value) {
  if (value == std::numeric_limits<double>::infinity()) return "+Inf";
  std::string out = number(value);
  const bool is_whole = out.find_first_of(".e") == std::string::npos;
  return is_whole ? out + ".0" : out;
}

double unix_seconds(SysTime time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

std::string write_text(std::span<const Family> families) {
  std::string out;
  for (const Metric& metric : catalogue()) append_family(out, metric, families);
  return out;
}

}  // namespace mw
