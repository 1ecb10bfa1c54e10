// Signed notes, as the Go checksum database signs its tree heads: a text and the lines that sign it. Pure.
// Nothing in a note may be believed before verify() has said so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mw {

inline constexpr std::size_t kMaxNote = 1'000'000;
inline constexpr std::size_t kMaxNoteSignatures = 100;

struct NoteSignature {
  std::string name;
  std::uint32_t key_hash = 0;
  std::string signature;
  bool operator==(const NoteSignature&) const = default;
};

struct Note {
  std::string text;  ///< what is signed, its last line end included
  std::vector<NoteSignature> signatures;
};

enum class NoteTrouble : std::uint8_t { too_large, no_text, not_signed, bad_line, too_many_signatures };
std::string_view name(NoteTrouble);

std::variant<Note, NoteTrouble> parse_note(std::string_view message);

/// Valid UTF-8, and no control character but the line feed.
bool is_note_text(std::string_view text);

/// "name+hash+key": whose signature counts.
struct VerifierKey {
  std::string name;
  std::uint32_t hash = 0;
  std::string key;  ///< 32 bytes, Ed25519
  bool operator==(const VerifierKey&) const = default;
};

/// The error says what is wrong with it.
std::variant<VerifierKey, std::string> parse_verifier_key(std::string_view text);

/// "name+hash", as people tell keys apart.
std::string shown(const VerifierKey&);

enum class NoteVerdict : std::uint8_t {
  verified,
  bad_signature,  ///< a line says it is by this key, and is not
  other_key       ///< no line says it is by this key
};

/// Lines by other keys count for nothing, nor does a second line by this one.
NoteVerdict verify(const Note&, const VerifierKey&);

}  // namespace mw
