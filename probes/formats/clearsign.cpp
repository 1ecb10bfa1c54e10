// A small machine over lines: opening, headers, text, signature, end.
#include "probes/formats/clearsign.hpp"

#include <algorithm>

#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::string_view kBeginMessage = "-----BEGIN PGP SIGNED MESSAGE-----";
constexpr std::string_view kBeginSignature = "-----BEGIN PGP SIGNATURE-----";
constexpr std::string_view kEndSignature = "-----END PGP SIGNATURE-----";

enum class Part : std::uint8_t { opening, headers, text, signature, end };

bool has_control(std::string_view line) {
  return std::any_of(line.begin(), line.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

std::string_view without_trailing_blanks(std::string_view line) {
  const std::size_t last = line.find_last_not_of(" \t");
  return last == std::string_view::npos ? std::string_view() : line.substr(0, last + 1);
}

/// Where the next line belongs, or what is wrong with this one.
struct Step {
  Part next;
  const char* trouble = nullptr;
};

Step step_opening(std::string_view line) {
  if (line == kBeginMessage) return {Part::headers};
  return {Part::opening, "it does not begin with a signed message"};
}

Step step_headers(std::string_view line) {
  if (line.empty()) return {Part::text};
  if (line.starts_with("Hash: ")) return {Part::headers};
  return {Part::headers, "it has an armour header other than Hash"};
}

Step step_text(std::string_view line) {
  if (line == kBeginSignature) return {Part::signature};
  if (line.starts_with('-') && !line.starts_with("- ")) return {Part::text, "its text has a dash that is not escaped"};
  return {Part::text};
}

Step step_signature(std::string_view line) {
  if (line == kEndSignature) return {Part::end};
  if (line.starts_with('-')) return {Part::signature, "something else stands inside its signature"};
  return {Part::signature};
}

Step step_end(std::string_view line) {
  if (line.empty()) return {Part::end};
  return {Part::end, "something follows its signature"};
}

Step step(Part part, std::string_view line) {
  switch (part) {
    case Part::opening:
      return step_opening(line);
    case Part::headers:
      return step_headers(line);
    case Part::text:
      return step_text(line);
    case Part::signature:
      return step_signature(line);
    case Part::end:
      break;
  }
  return step_end(line);
}

}  // namespace

std::optional<std::string> clearsign_trouble(std::string_view file) {
  Part part = Part::opening;
  std::size_t armour = 0;
  while (!file.empty()) {
    const std::string_view line = take_line(file);
    if (line.size() > kMaxSignedLine) return "it has a line longer than " + std::to_string(kMaxSignedLine) + " bytes";
    if (has_control(line)) return "it has a control character";
    const Step taken = step(part, without_trailing_blanks(line));
    if (taken.trouble != nullptr) return taken.trouble;
    part = taken.next;
    if (part == Part::signature) armour += line.size();
    if (armour > kMaxSignature) return "its signature is longer than " + std::to_string(kMaxSignature) + " bytes";
  }
  if (part == Part::opening) return "it is empty";
  if (part != Part::end) return "it ends before its signature does";
  return std::nullopt;
}

std::optional<std::string> detached_trouble(std::string_view file) {
  if (file.size() > kMaxSignature) return "it is longer than " + std::to_string(kMaxSignature) + " bytes";
  Part part = Part::opening;
  while (!file.empty()) {
    const std::string_view line = without_trailing_blanks(take_line(file));
    if (has_control(line)) return "it has a control character";
    if (part == Part::opening && line != kBeginSignature) return "it does not begin with a signature";
    const Step taken = part == Part::opening ? Step{Part::signature} : step(part, line);
    if (taken.trouble != nullptr) return taken.trouble;
    part = taken.next;
  }
  if (part == Part::opening) return "it is empty";
  if (part != Part::end) return "it ends before its signature does";
  return std::nullopt;
}

}  // namespace mw
