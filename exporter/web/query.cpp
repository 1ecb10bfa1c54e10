// Cutting and decoding.
#include "exporter/web/query.hpp"

#include <algorithm>
#include <charconv>

namespace mw {

namespace {

std::optional<char> byte_at(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2) return std::nullopt;
  return static_cast<char>(value);
}

std::string decoded(std::string_view text, char plus) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' ? byte_at(text.substr(i + 1, 2)) : std::nullopt;
    out += byte ? *byte : text[i] == '+' ? plus : text[i];
    if (byte) i += 2;
  }
  return out;
}

}  // namespace

std::string decode_form(std::string_view text) { return decoded(text, ' '); }

std::string decode_path(std::string_view text) { return decoded(text, '+'); }

std::vector<std::string> path_parts(std::string_view path) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t slash = path.find('/');
    parts.push_back(decode_path(path.substr(0, slash)));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

std::vector<std::string> query_values(std::string_view query, std::string_view name) {
  std::vector<std::string> values;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (decode_form(pair.substr(0, equals)) != name) continue;
    values.push_back(equals == std::string_view::npos ? "" : decode_form(pair.substr(equals + 1)));
  }
  return values;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  auto values = query_values(query, name);
  return values.empty() ? std::nullopt : std::optional(std::move(values.front()));
}

}  // namespace mw
