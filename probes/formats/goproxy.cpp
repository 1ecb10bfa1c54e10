// Cuts the list at its separators and checks what is between them.
#include "probes/formats/goproxy.hpp"

#include <optional>

#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::size_t kMaxList = 16 * 1024;

/// One entry as it stands, and the separator after it ('\0' for the last).
struct Piece {
  std::string_view text;
  char separator = '\0';
};

Piece take_piece(std::string_view& rest) {
  const std::size_t end = rest.find_first_of(",|");
  Piece piece{trim(rest.substr(0, end)), '\0'};
  if (end != std::string_view::npos) piece.separator = rest[end];
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return piece;
}

/// A host without a scheme is meant to be https.
std::string with_scheme(std::string_view text) {
  const bool bare = text.find_first_of(".:/") != std::string_view::npos && text.find(":/") == std::string_view::npos &&
                    !text.starts_with('/');
  return (bare ? "https://" : "") + std::string(text);
}

/// Without "user:password@". The @ that counts is the last before the path.
std::string without_user_info(const std::string& url) {
  const std::size_t start = url.find("//") + 2;
  const std::size_t end = url.find_first_of("/?#", start);
  const std::size_t at = url.substr(0, end).rfind('@');
  return at == std::string::npos || at < start ? url : url.substr(0, start) + url.substr(at + 1);
}

std::optional<std::string> url_trouble(const std::string& url) {
  if (url.starts_with("file:///")) return std::nullopt;
  if (!url.starts_with("http://") && !url.starts_with("https://")) return "is not an http, https or file URL";
  const auto parsed = parse_url(without_user_info(url));
  if (const auto* error = std::get_if<std::string>(&parsed)) return *error;
  return std::nullopt;
}

GoProxyEntry entry_of(const Piece& piece) {
  GoProxyEntry entry;
  if (piece.text == "off") entry.kind = GoProxyEntry::Kind::off;
  if (piece.text == "direct") entry.kind = GoProxyEntry::Kind::direct;
  if (entry.kind != GoProxyEntry::Kind::proxy) return entry;
  entry.url = with_scheme(piece.text);
  entry.on_any_error = piece.separator == '|';
  return entry;
}

}  // namespace

std::variant<std::vector<GoProxyEntry>, std::string> parse_goproxy(std::string_view list) {
  std::vector<GoProxyEntry> entries;
  if (list.size() > kMaxList) return "is too long";
  while (!list.empty()) {
    const Piece piece = take_piece(list);
    if (piece.text.empty()) continue;
    entries.push_back(entry_of(piece));
    if (entries.back().kind != GoProxyEntry::Kind::proxy) return entries;
    if (const auto trouble = url_trouble(entries.back().url))
      return "entry " + std::to_string(entries.size()) + " " + *trouble;
  }
  if (entries.empty()) return "has no entries";
  return entries;
}

bool falls_through(const GoProxyEntry& entry, const Failure& failure) {
  if (entry.kind != GoProxyEntry::Kind::proxy) return false;
  return entry.on_any_error || (failure.layer == Layer::http && failure.reason == Reason::not_found);
}

}  // namespace mw
