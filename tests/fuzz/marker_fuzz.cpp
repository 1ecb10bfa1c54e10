// Markers: three lines are the words of the format (format, key, pointer), the rest is the file. A version is never
// from the future, nor from before 1995, its order is its time, and its identity reads back as itself.
#include "probes/formats/marker.hpp"
#include "probes/formats/rfc3339.hpp"
#include "probes/formats/text.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

namespace {

const SysTime kNow{std::chrono::seconds(1'723'460'000)};

void check_time(const Version& version) {
  must(version.time >= SysTime(std::chrono::sys_days(std::chrono::year(1995) / 1 / 1)));
  must(version.time <= kNow + std::chrono::minutes(10));
  must(version.order == std::chrono::floor<std::chrono::seconds>(*version.time).time_since_epoch().count());
  must(parse_rfc3339(version.id) == version.time);
}

void check_version(const Version& version, const MarkerFormat& format) {
  if (format.kind == MarkerKind::digest) return must(is_sha256(version.id) && !version.order && !version.time);
  must(version.order && *version.order >= 0);
  if (format.kind != MarkerKind::serial) return check_time(version);
  must(!version.time && version.id == std::to_string(*version.order));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = as_text(data, size);
  MarkerWords words;
  for (std::string* word : {&words.format, &words.key, &words.pointer}) *word = std::string(take_line(rest));
  const auto format = marker_format(words);
  if (!std::holds_alternative<MarkerFormat>(format)) return 0;
  const auto read = read_marker(rest, std::get<MarkerFormat>(format), kNow);
  if (const auto* version = std::get_if<Version>(&read))
    check_version(*version, std::get<MarkerFormat>(format));
  else
    must(!std::get<Failure>(read).detail.empty());
  return 0;
}
