// What all receivers share: identity of a label set and how times are written.
#include "alerts/receiver.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace mw {

std::string fingerprint(const std::map<std::string, std::string>& labels) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    hash = (hash ^ 0xFFU) * 0x100000001b3ULL;  // the separator that Prometheus' model uses
  };
  for (const auto& [key, value] : labels) {
    add(key);
    add(value);
  }
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash));
  return text.data();
}

std::string rfc3339(SysTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole).count();
  const std::time_t since_epoch = static_cast<std::time_t>(whole.time_since_epoch().count());
  std::tm parts{};
  gmtime_r(&since_epoch, &parts);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>(millis));
  return text.data();
}

}  // namespace mw
