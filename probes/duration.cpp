// Reads and writes durations. Pure.
#include "probes/duration.hpp"

#include <array>
#include <charconv>

namespace mw {

namespace {

struct Unit {
  std::string_view name;
  std::chrono::milliseconds length;
};

constexpr std::array kUnits = {
    Unit{"d", std::chrono::hours(24)},  Unit{"h", std::chrono::hours(1)},         Unit{"m", std::chrono::minutes(1)},
    Unit{"s", std::chrono::seconds(1)}, Unit{"ms", std::chrono::milliseconds(1)},
};

constexpr std::int64_t kLongest = 100LL * 365 * 24 * 3600 * 1000;  // a century, in milliseconds

std::size_t unit_index(std::string_view unit) {
  std::size_t i = 0;
  while (i < kUnits.size() && kUnits[i].name != unit) ++i;
  return i;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  for (std::size_t next_unit = 0; !text.empty();) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || count < 0 || end == text.data()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::string_view unit = text.substr(0, text.find_first_of("0123456789"));
    const std::size_t index = unit_index(unit);
    if (index >= kUnits.size() || index < next_unit) return std::nullopt;
    const std::int64_t length = kUnits.at(index).length.count();
    if (count > (kLongest - total) / length) return std::nullopt;
    total += count * length;
    next_unit = index + 1;
    text.remove_prefix(unit.size());
  }
  return std::chrono::milliseconds(total);
}

std::string format_duration(Duration duration) {
  auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(duration);
  if (rest.count() == 0) return "0s";
  std::string out = rest.count() < 0 ? "-" : "";
  if (rest.count() < 0) rest = -rest;
  for (const auto& unit : kUnits) {
    const auto count = rest / unit.length;
    if (count > 0) out += std::to_string(count) + std::string(unit.name);
    rest -= count * unit.length;
  }
  return out;
}

}  // namespace mw
