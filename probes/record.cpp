// Each text behind its length: "3:abc,".
#include "probes/record.hpp"

#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::size_t kMostTexts = 100'000;
constexpr std::size_t kLongestLength = 19;

/// Takes one text off the front; nothing when there is no whole one.
std::optional<std::string> take(std::string_view& packed) {
  const std::size_t colon = packed.substr(0, kLongestLength + 1).find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto length = parse_decimal(packed.substr(0, colon));
  packed.remove_prefix(colon + 1);
  if (!length || *length >= packed.size() || packed[*length] != ',') return std::nullopt;
  std::string text(packed.substr(0, *length));
  packed.remove_prefix(*length + 1);
  return text;
}

}  // namespace

std::string pack(const std::vector<std::string>& texts) {
  std::size_t size = 0;
  for (const std::string& text : texts) size += text.size() + 4;
  std::string packed;
  packed.reserve(size);
  for (const std::string& text : texts) packed += std::to_string(text.size()) + ":" + text + ",";
  return packed;
}

std::optional<std::vector<std::string>> unpack(std::string_view packed) {
  std::vector<std::string> texts;
  while (!packed.empty()) {
    auto text = take(packed);
    if (!text || texts.size() == kMostTexts) return std::nullopt;
    texts.push_back(std::move(*text));
  }
  return texts;
}

}  // namespace mw
