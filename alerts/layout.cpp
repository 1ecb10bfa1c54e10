// Cutting, counting, signing.
#include "alerts/layout.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <ctime>

#include "probes/formats/text.hpp"
#include "probes/url.hpp"

namespace mw {

namespace {

constexpr std::string_view kEllipsis = "…";

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

std::size_t count_firing(const Message& message) {
  return static_cast<std::size_t>(std::count_if(message.notices.begin(), message.notices.end(),
                                                [](const Notice& notice) { return notice.firing; }));
}

/// "2 firing, 1 resolved".
std::string counts(const Message& message) {
  const std::size_t firing = count_firing(message);
  const std::size_t over = message.notices.size() - firing;
  const auto part = [&](std::size_t count, bool fires) {
    return count == 0 ? "" : std::to_string(count) + " " + status_word(message.language, fires);
  };
  const std::string comma = firing > 0 && over > 0 ? message.language == Language::chinese ? "，" : ", " : "";
  return part(firing, true) + comma + part(over, false);
}

}  // namespace

std::string cut_bytes(std::string_view utf8, std::size_t most) {
  if (utf8.size() <= most) return std::string(utf8);
  if (most < kEllipsis.size()) return "";
  std::size_t end = most - kEllipsis.size();
  while (end > 0 && continues(utf8[end])) --end;
  return std::string(utf8.substr(0, end)).append(kEllipsis);
}

std::string cut_runes(std::string_view utf8, std::size_t most) {
  std::size_t runes = 0;
  std::size_t last = 0;  // where the last rune that may stay begins
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    if (continues(utf8[i])) continue;
    if (++runes == most) last = i;
    if (runes > most) return std::string(utf8.substr(0, last)).append(most == 0 ? "" : kEllipsis);
  }
  return std::string(utf8);
}

std::string fitting(const Message& message, std::size_t most,
                    const std::function<std::string(std::size_t shown)>& write) {
  std::string whole = write(message.notices.size());
  if (whole.size() <= most) return whole;
  std::size_t fits = 1;
  std::size_t too_many = message.notices.size();
  while (too_many - fits > 1) {
    const std::size_t middle = fits + (too_many - fits) / 2;
    (write(middle).size() <= most ? fits : too_many) = middle;
  }
  return write(fits);
}

std::string and_more(Language language, std::size_t count) {
  return language == Language::chinese ? "另有 " + std::to_string(count) + " 条"
                                       : "and " + std::to_string(count) + " more";
}

std::string status_word(Language language, bool firing) {
  if (language == Language::chinese) return firing ? "告警" : "恢复";
  return firing ? "firing" : "resolved";
}

std::string headline(const Message& message) {
  if (message.notices.size() == 1) return mark(message) + message.notices[0].title;
  std::string what;
  for (const auto& [name, value] : message.group_labels) what += (what.empty() ? "" : ", ") + value;
  const bool chinese = message.language == Language::chinese;
  return mark(message) + counts(message) + (what.empty() ? "" : (chinese ? "：" : ": ") + what);
}

std::string mark(const Message& message) {
  const bool chinese = message.language == Language::chinese;
  if (message.kind == MessageKind::test) return chinese ? "[测试] " : "[TEST] ";
  if (message.kind == MessageKind::reminder) return chinese ? "[仍在告警] " : "[STILL FIRING] ";
  return "";
}

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

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kUnreserved = "-._~";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte < 0x80 && std::isalnum(byte) != 0) || kUnreserved.find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      out += {'%', kHex[byte >> 4U], kHex[byte & 0xFU]};
  }
  return out;
}

std::vector<OptionTrouble> url_troubles(const Receiver& receiver, std::string_view key) {
  const Secret& secret = receiver.secret(key);
  const std::string text = secret.empty() ? receiver.option(key) : secret.reveal();
  if (text.empty()) return {};
  const std::string scheme = lower(text.substr(0, text.find("://")));
  if (scheme != "http" && scheme != "https") return {{key, "is no http or https URL"}};
  if (text.compare(scheme.size(), 4, ":///") == 0) return {{key, "has no host"}};
  const auto url = parse_url(text);
  if (const auto* words = std::get_if<std::string>(&url))
    return {{key, words->starts_with("holds") ? *words : "cannot be read as a URL (" + *words + ")"}};
  return {};
}

}  // namespace mw
