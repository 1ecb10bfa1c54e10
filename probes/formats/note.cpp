// Signed notes: taken apart, and checked against a key.
#include "probes/formats/note.hpp"

#include <algorithm>
#include <charconv>

#include "probes/digest.hpp"
#include "probes/ed25519.hpp"
#include "probes/formats/base64.hpp"

namespace mw {

namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // U+2014 and a space
constexpr char kEd25519 = 1;                         // the algorithm's number in front of a key
constexpr std::size_t kKeySize = 32;

bool is_control(unsigned char c) { return c < 0x20 && c != '\n'; }

unsigned char octet(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

/// Length of the well-formed UTF-8 sequence at the start of text, 0 if there is none (Unicode table 3-7).
std::size_t sequence_length(std::string_view text) {
  const unsigned char first = octet(text, 0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (octet(text, 1) < low || octet(text, 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if ((octet(text, i) & 0xC0U) != 0x80) return 0;
  return length;
}

bool is_name(std::string_view text) { return !text.empty() && text.find_first_of(" +") == std::string_view::npos; }

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8U | octet(bytes, i);
  return value;
}

std::optional<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(kDash)) return std::nullopt;
  line.remove_prefix(kDash.size());
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos || !is_name(line.substr(0, blank))) return std::nullopt;
  const auto bytes = from_base64(line.substr(blank + 1));
  if (!bytes || bytes->size() < 5) return std::nullopt;
  return NoteSignature{std::string(line.substr(0, blank)), big_endian(*bytes), bytes->substr(4)};
}

std::variant<Note, NoteTrouble> parse_signatures(Note note, std::string_view lines) {
  while (!lines.empty()) {
    if (note.signatures.size() == kMaxNoteSignatures) return NoteTrouble::too_many_signatures;
    const std::size_t end = lines.find('\n');
    auto signature = parse_signature(lines.substr(0, end));
    if (!signature) return NoteTrouble::bad_line;
    note.signatures.push_back(std::move(*signature));
    lines.remove_prefix(end + 1);
  }
  return note;
}

std::uint32_t key_hash(std::string_view name, std::string_view key) {
  Sha256 digest;
  digest.update(name);
  digest.update(std::string{'\n', kEd25519});
  digest.update(key);
  const auto bytes = digest.bytes();
  return big_endian({reinterpret_cast<const char*>(bytes.data()), 4});
}

std::optional<std::uint32_t> parse_hash(std::string_view text) {
  std::uint32_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, 16);
  if (text.size() != 8 || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::string_view name(NoteTrouble trouble) {
  switch (trouble) {
    case NoteTrouble::too_large:
      return "longer than 1000000 bytes";
    case NoteTrouble::no_text:
      return "not UTF-8 text without control characters";
    case NoteTrouble::not_signed:
      return "no text followed by signature lines";
    case NoteTrouble::bad_line:
      return "a malformed signature line";
    case NoteTrouble::too_many_signatures:
      return "more than 100 signatures";
  }
  return "";
}

bool is_note_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0 || is_control(octet(text, 0))) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::variant<Note, NoteTrouble> parse_note(std::string_view message) {
  if (message.size() > kMaxNote) return NoteTrouble::too_large;
  if (!is_note_text(message)) return NoteTrouble::no_text;
  const std::size_t gap = message.rfind("\n\n");
  if (gap == std::string_view::npos) return NoteTrouble::not_signed;
  const std::string_view lines = message.substr(gap + 2);
  if (!lines.ends_with('\n')) return NoteTrouble::not_signed;
  return parse_signatures({std::string(message.substr(0, gap + 1)), {}}, lines);
}

std::variant<VerifierKey, std::string> parse_verifier_key(std::string_view text) {
  const std::size_t first = text.find('+');
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return std::string("is not of the form name+hash+key");
  VerifierKey key{std::string(text.substr(0, first)), 0, {}};
  if (!is_name(key.name) || !is_note_text(key.name) || key.name.find('\n') != std::string::npos)
    return std::string("has no name");
  const auto hash = parse_hash(text.substr(first + 1, second - first - 1));
  const auto bytes = from_base64(text.substr(second + 1));
  if (!hash) return std::string("has no hash of 8 hex digits");
  if (!bytes || bytes->size() != 1 + kKeySize || bytes->front() != kEd25519)
    return std::string("has no Ed25519 key in base64");
  key.hash = *hash;
  key.key = bytes->substr(1);
  if (key_hash(key.name, key.key) != key.hash) return std::string("has a hash that is not its key's");
  return key;
}

std::string shown(const VerifierKey& key) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = key.name + "+";
  for (unsigned shift = 32; shift > 0; shift -= 4) text += kHex[key.hash >> (shift - 4) & 15U];
  return text;
}

NoteVerdict verify(const Note& note, const VerifierKey& key) {
  const auto by_key = [&](const NoteSignature& one) { return one.name == key.name && one.key_hash == key.hash; };
  const auto found = std::find_if(note.signatures.begin(), note.signatures.end(), by_key);
  if (found == note.signatures.end()) return NoteVerdict::other_key;
  return ed25519_verifies(key.key, note.text, found->signature) ? NoteVerdict::verified : NoteVerdict::bad_signature;
}

}  // namespace mw
