// Base64, both ways.
#include "probes/formats/base64.hpp"

#include <cstdint>

namespace mw {

namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
  return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
}

/// Four digits as 24 bits; nothing when one is no digit. Padding counts as zero.
std::optional<std::uint32_t> quad(std::string_view digits, std::size_t padding) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t digit = i < 4 - padding ? kDigits.find(digits[i]) : 0;
    if (digit == std::string_view::npos) return std::nullopt;
    value = value << 6U | static_cast<std::uint32_t>(digit);
  }
  return value;
}

std::size_t padding_of(std::string_view text) { return text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0; }

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t value = byte_at(bytes, i) << 16U | byte_at(bytes, i + 1) << 8U | byte_at(bytes, i + 2);
    const std::size_t left = bytes.size() - i;
    text += kDigits[value >> 18U & 63U];
    text += kDigits[value >> 12U & 63U];
    text += left > 1 ? kDigits[value >> 6U & 63U] : '=';
    text += left > 2 ? kDigits[value & 63U] : '=';
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const std::size_t padding = i + 4 == text.size() ? padding_of(text) : 0;
    const auto value = quad(text.substr(i, 4), padding);
    if (!value || (*value & ((1U << 8U * padding) - 1)) != 0) return std::nullopt;
    for (std::size_t at = 0; at < 3 - padding; ++at) bytes += static_cast<char>(*value >> (16U - 8U * at) & 255U);
  }
  return bytes;
}

}  // namespace mw
