// Cutting, counting, taming, signing.
#include "alerts/layout.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "probes/formats/json.hpp"
#include "probes/formats/text.hpp"
#include "probes/url.hpp"

namespace mw {

namespace {

constexpr std::string_view kEllipsis = "…";

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

std::size_t count_firing(const Message& message) {
  const auto told =
      std::count_if(message.notices.begin(), message.notices.end(), [](const Notice& notice) { return notice.firing; });
  return static_cast<std::size_t>(told) + message.more_firing;
}

/// "2 firing, 1 resolved".
std::string counts(const Message& message) {
  const std::size_t firing = count_firing(message);
  const std::size_t over = message.count() - firing;
  const auto part = [&](std::size_t count, bool fires) {
    return count == 0 ? "" : std::to_string(count) + " " + status_word(message.language, fires);
  };
  const std::string comma = firing > 0 && over > 0 ? message.language == Language::chinese ? "，" : ", " : "";
  return part(firing, true) + comma + part(over, false);
}

/// "resolved: ", "恢复："; nothing for what fires, which the sign and the title say.
std::string over_word(Language language, bool firing) {
  if (firing) return "";
  return status_word(language, false) + (language == Language::chinese ? "：" : ": ");
}

std::string_view disc(bool firing, Severity severity) {
  constexpr std::array<std::string_view, 4> kDiscs = {"🔵", "🟠", "🔴", "🔴"};
  return firing ? kDiscs.at(static_cast<std::size_t>(severity)) : "✅";
}

struct ButtonSource {
  std::string caption;
  std::string Notice::*url;
  const char* label;  ///< tells one from another
};

void add_buttons(std::vector<Button>& buttons, const Message& message, const ButtonSource& source, std::size_t most) {
  constexpr std::size_t kLookedAt = 10;
  const std::size_t before = buttons.size();
  const auto known = [&](const std::string& url) {
    return std::any_of(buttons.begin(), buttons.end(), [&](const Button& button) { return button.url == url; });
  };
  for (std::size_t i = 0; i < std::min(message.notices.size(), kLookedAt) && buttons.size() < most; ++i) {
    const Notice& notice = message.notices[i];
    std::string url = safe_link(notice.*(source.url));
    if (url.empty() || known(url)) continue;
    const auto label = notice.labels.find(source.label);
    const std::string whose = label == notice.labels.end() ? "" : " " + cut_runes(printable(label->second), 40);
    buttons.push_back({source.caption + whose, std::move(url)});
  }
  if (buttons.size() == before + 1) buttons.back().caption = source.caption;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

/// Parentheses, quotes and the like: what ends a link in one markup or another.
bool may_stand_in_link(char c) {
  constexpr std::string_view kForbidden = "\"'()<>[]\\^`{|}*";
  return c > ' ' && c < '\x7F' && kForbidden.find(c) == std::string_view::npos;
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

/// Of ten thousand notices a vendor takes some dozens: doubling finds how many without writing them all.
std::string fitting(const Message& message, std::size_t most,
                    const std::function<std::string(std::size_t shown)>& write) {
  constexpr std::size_t kFirst = 32;
  const std::size_t all = message.notices.size();
  std::size_t fits = 1;
  std::size_t too_many = std::min(kFirst, all);
  for (std::string text = write(too_many); text.size() <= most; text = write(too_many)) {
    if (too_many == all) return text;
    fits = too_many;
    too_many = std::min(2 * too_many, all);
  }
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

std::map<std::string, std::string> annotations_of(const Notice& notice, const Message& message) {
  auto annotations = notice.annotations;
  if (message.kind != MessageKind::test) return annotations;
  annotations["summary"] = mark(message) + annotations["summary"];
  annotations["test"] = "true";
  return annotations;
}

std::string heading(const Message& message) {
  if (message.notices.size() > 1) return printable(headline(message), 1024);
  const Notice& only = message.notices[0];
  return mark(message) + over_word(message.language, only.firing) + printable(only.title, 1024);
}

std::string line(const Notice& notice, Language language) {
  const std::string text = over_word(language, notice.firing) + printable(notice.title, 1024);
  return std::string(sign(notice)) + " " + cut_runes(text, 200);
}

std::vector<Fact> facts_of(const Notice& notice, std::size_t most, std::size_t runes) {
  std::vector<Fact> facts;
  for (std::size_t i = 0; i < std::min(most, notice.facts.size()); ++i) {
    const Fact& fact = notice.facts[i];
    facts.push_back({cut_runes(printable(fact.name), 40), cut_runes(printable(fact.text, 4096), runes)});
  }
  return facts;
}

std::string from_whom(const Message& message) {
  if (message.vantage.empty()) return "mirrorwarden";
  const bool chinese = message.language == Language::chinese;
  return (chinese ? "mirrorwarden，观测点 " : "mirrorwarden, seen from ") + cut_runes(printable(message.vantage), 80);
}

Severity severity_of(const Notice& notice) { return severity_of(notice.labels); }

Severity severity_of(const std::map<std::string, std::string>& labels) {
  const auto found = labels.find("severity");
  const std::string label = found == labels.end() ? "" : lower(found->second);
  if (label == "page" || label == "critical") return Severity::critical;
  if (label == "error") return Severity::error;
  return label == "warning" ? Severity::warning : Severity::info;
}

Severity severity_of(const Message& message) {
  Severity worst = Severity::info;
  for (const Notice& notice : message.notices)
    if (notice.firing) worst = std::max(worst, severity_of(notice));
  return worst;
}

std::string_view sign(const Notice& notice) { return disc(notice.firing, severity_of(notice)); }
std::string_view sign(const Message& message) { return disc(message.firing(), severity_of(message)); }

std::vector<Button> buttons_of(const Message& message, std::size_t most) {
  const bool chinese = message.language == Language::chinese;
  std::vector<Button> buttons;
  add_buttons(buttons, message, {chinese ? "处置手册" : "Runbook", &Notice::runbook_url, "alertname"}, (most + 1) / 2);
  add_buttons(buttons, message, {chinese ? "镜像页面" : "Mirror page", &Notice::generator_url, "mirror"}, most);
  return buttons;
}

std::string safe_link(std::string_view url) {
  constexpr std::size_t kLongest = 1000;
  std::string safe;
  for (const char c : url.substr(0, kLongest + 1))
    safe += may_stand_in_link(c) ? std::string(1, c) : percent_encoded({&c, 1});
  const auto parsed = parse_url(std::string_view(safe).substr(0, safe.find('#')));
  const Url* sound = std::get_if<Url>(&parsed);
  if (sound == nullptr || !sound->scheme.starts_with("http") || safe.size() > kLongest) return "";
  return safe;
}

std::string with_entities(std::string_view text, std::size_t most) {
  std::string whole;
  for (const char c : text) {
    if (c == '&' || c == '<' || c == '>')
      whole += c == '&' ? "&amp;" : c == '<' ? "&lt;" : "&gt;";
    else
      whole += c;
  }
  std::string cut = cut_runes(whole, most);
  if (cut == whole) return cut;
  const std::size_t last = cut.rfind('&');
  if (last == std::string::npos || cut.find(';', last) != std::string::npos) return cut;
  return cut.substr(0, last).append(kEllipsis);
}

std::string full_width(std::string_view text, std::string_view which) {
  std::string out;
  for (const char c : text) {
    if (which.find(c) == std::string_view::npos) {
      out += c;
      continue;
    }
    const unsigned rune = 0xFEE0U + static_cast<unsigned char>(c);  // U+FF01 is the full-width "!"
    out += {static_cast<char>(0xE0U | (rune >> 12U)), static_cast<char>(0x80U | ((rune >> 6U) & 0x3FU)),
            static_cast<char>(0x80U | (rune & 0x3FU))};
  }
  return out;
}

std::string as_fits(const std::vector<std::string>& pieces, std::size_t most) {
  std::string text;
  for (const std::string& piece : pieces) {
    if (text.size() + piece.size() > most) break;
    text += piece;
  }
  return text;
}

std::optional<std::string> answered(const Response& response, std::string_view pointer) {
  auto found = json_at(response.body, pointer);
  if (auto* text = std::get_if<std::string>(&found)) return std::move(*text);
  return std::nullopt;
}

std::optional<std::int64_t> number_answered(const Response& response, std::string_view pointer) {
  const std::string text = answered(response, pointer).value_or("");
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Duration> seconds_answered(const Response& response, std::string_view pointer) {
  constexpr double kDay = 86400;
  const std::string text = answered(response, pointer).value_or("");
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || error != std::errc() || !std::isfinite(seconds) || seconds < 0) return std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::min(seconds, kDay)));
}

bool holds_page(const Response& response) { return trim(response.body).starts_with('<'); }

Delivery judge_no_page(const Response& response) {
  const Delivery delivery = judge_status(response);
  if (delivery.outcome != Acceptance::accepted || !holds_page(response)) return delivery;
  return judged(Acceptance::refused, response, "a web page answered");
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

std::string group_key(const std::map<std::string, std::string>& labels) {
  std::string key = "{}:{";
  for (const auto& [name, value] : labels) key += (key.back() == '{' ? "" : ", ") + name + "=" + quoted(value);
  return key + "}";
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
