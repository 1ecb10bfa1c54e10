// Signed notes: what is let through is put together again to the same bytes, within its caps.
#include "probes/formats/base64.hpp"
#include "probes/formats/note.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

namespace {

std::string line_of(const NoteSignature& one) {
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(one.key_hash >> shift & 255U);
  return "\xE2\x80\x94 " + one.name + " " + base64(bytes + one.signature) + "\n";
}

void check_key(std::string_view text) {
  const auto key = parse_verifier_key(text);
  if (std::holds_alternative<std::string>(key)) return;
  must(std::get<VerifierKey>(key).key.size() == 32);
  must(text.starts_with(std::get<VerifierKey>(key).name + "+"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message = as_text(data, size);
  check_key(message);
  const auto parsed = parse_note(message);
  const auto* note = std::get_if<Note>(&parsed);
  if (note == nullptr) return 0;
  must(message.size() <= kMaxNote && note->text.ends_with('\n'));
  must(!note->signatures.empty() && note->signatures.size() <= kMaxNoteSignatures);
  std::string again = note->text + "\n";
  for (const NoteSignature& one : note->signatures) again += line_of(one);
  must(again == message);
  return 0;
}
