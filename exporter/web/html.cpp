// Escaping and rounding.
#include "exporter/web/html.hpp"

#include <algorithm>

#include "probes/duration.hpp"
#include "probes/formats/rfc3339.hpp"

namespace mw {

namespace {

constexpr std::size_t kTextLimit = 512;

std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

std::string html(std::string_view text) {
  std::string out;
  for (const char c : printable(text, kTextLimit)) {
    if (const auto escaped = entity(c); !escaped.empty())
      out += escaped;
    else
      out += c;
  }
  return out;
}

std::string rough(Duration duration) {
  using namespace std::chrono;
  const Duration d = std::max(duration, Duration::zero());
  if (d < 1s) return format_duration(floor<milliseconds>(d));
  if (d < 1h) return format_duration(floor<std::chrono::seconds>(d));
  if (d < 24h) return format_duration(floor<minutes>(d));
  return format_duration(floor<hours>(d));
}

std::string ago(SysTime then, SysTime now) {
  const std::string exact = html(rfc3339(then));
  return "<time datetime=\"" + exact + "\" title=\"" + exact + "\">" +
         rough(std::chrono::floor<std::chrono::seconds>(now - then)) + " ago</time>";
}

}  // namespace mw
