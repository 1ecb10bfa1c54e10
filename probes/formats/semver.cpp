// Parsing, comparing and ordering versions; numbers of any length, never converted where Go does not.
#include "probes/formats/semver.hpp"

#include <algorithm>

#include "probes/formats/text.hpp"

namespace mw {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_identifier_char(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; }

bool is_number(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

/// Cuts off a number without leading zeros; empty when there is none.
std::string_view take_number(std::string_view& rest) {
  std::size_t length = 0;
  while (length < rest.size() && is_digit(rest[length])) ++length;
  const std::string_view number = rest.substr(0, length);
  if (length > 1 && number.front() == '0') return {};
  rest.remove_prefix(length);
  return number;
}

/// Cuts off "." and a number.
std::string_view take_dotted(std::string_view& rest) {
  if (!rest.starts_with('.')) return {};
  rest.remove_prefix(1);
  return take_number(rest);
}

/// Cuts off `mark` and the dotted identifiers after it, up to `end`. Nothing when they are malformed; empty when the
/// mark is not there.
std::optional<std::string_view> take_identifiers(std::string_view& rest, char mark, char end) {
  if (!rest.starts_with(mark)) return std::string_view();
  const std::string_view all = rest.substr(0, rest.find(end, 1));
  rest.remove_prefix(all.size());
  for (std::string_view left = all.substr(1);;) {
    const std::size_t dot = left.find('.');
    const std::string_view one = left.substr(0, dot);
    if (one.empty() || !std::all_of(one.begin(), one.end(), is_identifier_char)) return std::nullopt;
    if (mark == '-' && one.size() > 1 && one.front() == '0' && is_number(one)) return std::nullopt;
    if (dot == std::string_view::npos) return all;
    left.remove_prefix(dot + 1);
  }
}

/// Prerelease and build, to the end of the text.
bool take_tail(Semver& version, std::string_view rest) {
  const auto prerelease = take_identifiers(rest, '-', '+');
  if (!prerelease) return false;
  const auto build = take_identifiers(rest, '+', '\0');
  if (!build) return false;
  version.prerelease = *prerelease;
  version.build = *build;
  return rest.empty();
}

int sign(int value) { return value < 0 ? -1 : static_cast<int>(value > 0); }

int compare_numbers(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return sign(a.compare(b));
}

std::string_view take_identifier(std::string_view& rest) {
  const std::size_t dot = rest.find('.');
  const std::string_view one = rest.substr(0, dot);
  rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
  return one;
}

int compare_identifiers(std::string_view a, std::string_view b) {
  if (is_number(a) != is_number(b)) return is_number(a) ? -1 : 1;
  return is_number(a) ? compare_numbers(a, b) : sign(a.compare(b));
}

/// SemVer 2.0 §11: none comes after any; numbers before words; of two alike the shorter first.
int compare_prereleases(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return static_cast<int>(a.empty()) - static_cast<int>(b.empty());
  a.remove_prefix(1);
  b.remove_prefix(1);
  while (!a.empty() && !b.empty()) {
    const int order = compare_identifiers(take_identifier(a), take_identifier(b));
    if (order != 0) return order;
  }
  return static_cast<int>(b.empty()) - static_cast<int>(a.empty());
}

int compare_parsed(const Semver& a, const Semver& b) {
  if (const int order = compare_numbers(a.major, b.major)) return order;
  if (const int order = compare_numbers(a.minor, b.minor)) return order;
  if (const int order = compare_numbers(a.patch, b.patch)) return order;
  return compare_prereleases(a.prerelease, b.prerelease);
}

constexpr std::size_t kStampDigits = 14;  ///< yyyymmddhhmmss

/// The digits that say when; empty when this is no pseudo-version.
std::string_view stamp_of(const Semver& version) {
  std::string_view head = version.prerelease;
  const std::size_t dash = head.rfind('-');
  if (version.is_short || dash == 0 || dash == std::string_view::npos) return {};
  const std::string_view revision = head.substr(dash + 1);
  if (revision.find('.') != std::string_view::npos || dash < kStampDigits + 1) return {};
  head = head.substr(1, dash - 1);
  const std::string_view stamp = head.substr(head.size() - kStampDigits);
  head.remove_suffix(kStampDigits);
  if (!is_number(stamp)) return {};
  if (head.empty()) return version.minor == "0" && version.patch == "0" ? stamp : std::string_view();
  return head == "0." || head.ends_with(".0.") ? stamp : std::string_view();
}

int number_at(std::string_view digits, std::size_t from, std::size_t length) {
  int value = 0;
  for (const char c : digits.substr(from, length)) value = value * 10 + (c - '0');
  return value;
}

/// A part of a version in so many bits. `full` once a part did not fit: what follows no longer orders.
struct Packed {
  std::uint64_t value = 0;
  bool full = false;

  void add(std::string_view number, unsigned bits) {
    const std::uint64_t most = (std::uint64_t{1} << bits) - 1;
    const auto part = parse_decimal(number);
    full = full || !part || *part > most;
    value = value << bits | (full ? most : *part);
  }
};

}  // namespace

std::optional<Semver> parse_semver(std::string_view text) {
  if (!text.starts_with('v')) return std::nullopt;
  std::string_view rest = text.substr(1);
  Semver version{take_number(rest), "0", "0", {}, {}, rest.empty()};
  if (version.major.empty()) return std::nullopt;
  version.is_short = rest.empty();
  if (version.is_short) return version;
  version.minor = take_dotted(rest);
  if (version.minor.empty()) return std::nullopt;
  version.is_short = rest.empty();
  if (version.is_short) return version;
  version.patch = take_dotted(rest);
  if (version.patch.empty() || !take_tail(version, rest)) return std::nullopt;
  return version;
}

std::string canonical_version(std::string_view text) {
  const auto version = parse_semver(text);
  if (!version) return {};
  std::string out = "v";
  out.append(version->major).append(".").append(version->minor).append(".").append(version->patch);
  out.append(version->prerelease);
  if (version->build == "+incompatible") out.append(version->build);
  return out;
}

bool is_canonical_version(std::string_view text) {
  const auto version = parse_semver(text);
  return version && !version->is_short && (version->build.empty() || version->build == "+incompatible");
}

int compare_versions(std::string_view a, std::string_view b) {
  const auto left = parse_semver(a);
  const auto right = parse_semver(b);
  if (!left || !right) return static_cast<int>(left.has_value()) - static_cast<int>(right.has_value());
  return compare_parsed(*left, *right);
}

bool is_release(std::string_view version) {
  const auto parsed = parse_semver(version);
  return parsed && parsed->prerelease.empty();
}

bool is_pseudo_version(std::string_view version) {
  const auto parsed = parse_semver(version);
  return parsed && !stamp_of(*parsed).empty();
}

std::optional<SysTime> pseudo_version_time(std::string_view version) {
  const auto parsed = parse_semver(version);
  const std::string_view stamp = parsed ? stamp_of(*parsed) : std::string_view();
  if (stamp.empty()) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(number_at(stamp, 0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number_at(stamp, 4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number_at(stamp, 6, 2)))};
  const int hour = number_at(stamp, 8, 2);
  const int minute = number_at(stamp, 10, 2);
  const int second = number_at(stamp, 12, 2);
  // Nanoseconds since 1970 reach from 1678 to 2261.
  const bool in_range = number_at(stamp, 0, 4) >= 1678 && number_at(stamp, 0, 4) <= 2261;
  if (!day.ok() || !in_range || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return SysTime(std::chrono::sys_days(day).time_since_epoch()) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

std::optional<std::int64_t> version_order(std::string_view version) {
  const auto parsed = parse_semver(version);
  if (!parsed || !stamp_of(*parsed).empty()) return std::nullopt;
  Packed packed;
  // 25 bits hold a date written as 20261231, which is what large parts are.
  packed.add(parsed->major, 12);
  packed.add(parsed->minor, 25);
  packed.add(parsed->patch, 25);
  packed.add(parsed->prerelease.empty() ? "1" : "0", 1);
  return static_cast<std::int64_t>(packed.value);
}

std::optional<std::string> newest_version(const std::vector<std::string>& versions) {
  // Equal but for their build metadata: the last by its bytes, so that the order of the list does not matter.
  const auto before = [](const std::string& a, const std::string& b) {
    if (is_release(a) != is_release(b)) return is_release(b);
    const int order = compare_versions(a, b);
    return order != 0 ? order < 0 : a < b;
  };
  const std::string* newest = nullptr;
  for (const std::string& one : versions) {
    if (!parse_semver(one) || is_pseudo_version(one)) continue;
    if (newest == nullptr || before(*newest, one)) newest = &one;
  }
  if (newest == nullptr) return std::nullopt;
  return *newest;
}

}  // namespace mw
