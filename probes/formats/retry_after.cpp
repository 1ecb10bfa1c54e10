// Seconds, dates and epochs that servers name when they want to be left alone.
#include "probes/formats/retry_after.hpp"

#include <algorithm>
#include <cstdint>

#include "probes/formats/rfc_date.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

using std::chrono::seconds;

/// A number this large is a point in time: nobody asks for thirty years of rest.
constexpr std::uint64_t kLeastEpoch = 1'000'000'000;

Duration capped(std::uint64_t count) {
  return std::min<Duration>(seconds(std::min<std::uint64_t>(count, 86'400)), kLongestRetryAfter);
}

std::optional<Duration> until(SysTime end, SysTime now) {
  if (end <= now) return std::nullopt;
  return std::min<Duration>(end - now, kLongestRetryAfter);
}

/// The value of `;key=` behind the first item of a structured field.
std::optional<std::uint64_t> parameter(std::string_view field, std::string_view key) {
  field = field.substr(0, field.find(','));
  while (true) {
    const std::size_t semicolon = field.find(';');
    if (semicolon == std::string_view::npos) return std::nullopt;
    field.remove_prefix(semicolon + 1);
    const std::string_view word = trim(field.substr(0, field.find(';')));
    if (word.starts_with(key) && word.substr(key.size()).starts_with('='))
      return parse_decimal(word.substr(key.size() + 1));
  }
}

std::optional<Duration> wait_for(std::uint64_t reset, SysTime now) {
  if (reset < kLeastEpoch) return capped(reset);
  constexpr std::uint64_t kLatest = 4'102'444'800;  // 2100: any later does not fit the clock, and is capped anyhow
  return until(SysTime(seconds(std::min(reset, kLatest))), now);
}

}  // namespace

std::optional<Duration> parse_retry_after(std::string_view text, SysTime now) {
  text = trim(text);
  if (const auto count = parse_decimal(text)) return capped(*count);
  const auto date = parse_rfc_date(text);
  return date ? until(*date, now) : std::nullopt;
}

std::optional<Duration> quota_wait(const QuotaFields& fields, SysTime now) {
  if (const auto remaining = parameter(fields.limit, "r"); remaining == 0) {
    const auto reset = parameter(fields.limit, "t");
    return reset ? wait_for(*reset, now) : std::nullopt;
  }
  const auto remaining = parse_decimal(trim(fields.remaining.substr(0, fields.remaining.find_first_of(",;"))));
  const auto reset = parse_decimal(trim(fields.reset.substr(0, fields.reset.find_first_of(",;"))));
  if (remaining != 0 || !reset) return std::nullopt;
  return wait_for(*reset, now);
}

}  // namespace mw
