// [watchdog]: its keys.
#include "exporter/config_forms.hpp"
#include "exporter/config_tables.hpp"

namespace mw {

namespace {

/// The key that the value came from.
std::string source_of_url(const Reading& reading) {
  for (const char* key : {"watchdog.url", "watchdog.url_file", "watchdog.url_env"})
    if (reading.has(key)) return key;
  return "";
}

}  // namespace

const Fields<WatchdogConfig>& watchdog_fields() {
  using W = WatchdogConfig;
  static const Fields<W> rows = [] {
    Fields<W> made = secret_fields<W>("url", &W::url, Inline::allowed, "what is sent a POST; exactly one of the three");
    made.push_back(otherwise(
        field<W>("every", &W::every, span(std::chrono::seconds(10), std::chrono::hours(24)), "how often"), "\"1m\""));
    return made;
  }();
  return rows;
}

void check_watchdog(const WatchdogConfig& watchdog, Reading& reading) {
  if (!reading.has("watchdog")) return;
  const std::string source = source_of_url(reading);
  if (source.empty()) return reading.fail("watchdog", "has no url, expected url, url_file or url_env");
  if (watchdog.url.empty()) return;  // has been complained of
  const auto url = parse_url(watchdog.url.reveal());
  const auto* sound = std::get_if<Url>(&url);
  if (sound == nullptr || !sound->scheme.starts_with("http"))
    reading.fail(source,
                 std::string(source.ends_with("url") ? "" : "leads to a value that ") + "is no http or https URL");
}

}  // namespace mw
