// Small questions about replies and letters.
#include "probes/net.hpp"

#include <algorithm>

namespace mw {

namespace {

constexpr std::size_t kLongestLine = 998;     // RFC 5322 §2.1.1, without CRLF
constexpr std::size_t kLongestAddress = 254;  // RFC 5321 §4.5.3.1.3, without the brackets

/// What can stand between the brackets of MAIL FROM:<…>.
bool is_mailbox(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  return plain && !text.empty() && text.size() <= kLongestAddress && text.find_first_of("<>\"\\") == text.npos;
}

bool is_hello(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '-';
  });
}

/// A bare CR or LF is a line's end to some servers and none to others: whoever can place one can end the text and say
/// commands of his own ("SMTP smuggling").
std::optional<std::string> bad_lines(std::string_view text) {
  if (!text.ends_with("\r\n")) return "its last line has no end";
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    const std::string_view line = text.substr(0, end);
    if (line.size() > kLongestLine) return "a line is longer than 998 bytes";
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != line.npos) return "a line holds CR, LF or NUL";
    text.remove_prefix(end + 2);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> unsendable(const Letter& letter) {
  if (!is_mailbox(letter.from)) return "the sender's is no address";
  if (letter.to.empty()) return "it is for nobody";
  if (!std::all_of(letter.to.begin(), letter.to.end(), is_mailbox)) return "a recipient's is no address";
  if (!is_hello(letter.hello)) return "the name to greet with is no domain";
  return bad_lines(letter.text);
}

std::optional<std::string> header(const Reply& reply, std::string_view lower_name) {
  for (const auto& [key, value] : reply.headers)
    if (key == lower_name) return value;
  return std::nullopt;
}

}  // namespace mw
