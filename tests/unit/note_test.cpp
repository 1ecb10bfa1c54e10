// Signed notes: the public vectors, what is refused, and whose signature counts.
#include "probes/formats/note.hpp"

#include <catch2/catch.hpp>

#include "tests/support/sum_tree.hpp"

using namespace mw;

namespace {

const std::string kPublicKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const std::string kPublicText =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const std::string kPublicLine =
    "\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

VerifierKey key(const std::string& text) {
  const auto parsed = parse_verifier_key(text);
  if (const auto* error = std::get_if<std::string>(&parsed)) FAIL(*error);
  return std::get<VerifierKey>(parsed);
}

Note note(const std::string& message) {
  auto parsed = parse_note(message);
  if (const auto* trouble = std::get_if<NoteTrouble>(&parsed)) FAIL(name(*trouble));
  return std::get<Note>(std::move(parsed));
}

bool refused(const std::string& message, NoteTrouble trouble) {
  const auto parsed = parse_note(message);
  const auto* seen = std::get_if<NoteTrouble>(&parsed);
  if (seen != nullptr) UNSCOPED_INFO(name(*seen));
  return seen != nullptr && *seen == trouble;
}

std::string line_of(const std::string& signed_note) { return signed_note.substr(signed_note.rfind("\n\n") + 2); }

}  // namespace

TEST_CASE("note: the public vector verifies, and not with any byte changed") {
  const std::string message = kPublicText + "\n" + kPublicLine;
  const Note good = note(message);
  CHECK(good.text == kPublicText);
  REQUIRE(good.signatures.size() == 1);
  CHECK(good.signatures[0].key_hash == 0xc74f20a3);
  CHECK(verify(good, key(kPublicKey)) == NoteVerdict::verified);
  for (std::size_t i = 0; i < kPublicText.size() - 1; ++i) {
    Note changed = good;
    changed.text[i] = static_cast<char>(changed.text[i] ^ 1);
    CHECK(verify(changed, key(kPublicKey)) == NoteVerdict::bad_signature);
  }
  for (std::size_t i = 0; i < 64; ++i) {
    Note changed = good;
    changed.signatures[0].signature[i] = static_cast<char>(changed.signatures[0].signature[i] ^ 0x40);
    CHECK(verify(changed, key(kPublicKey)) == NoteVerdict::bad_signature);
  }
}

TEST_CASE("note: the key of sum.golang.org is what its hash says") {
  const VerifierKey one = key("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
  CHECK(one.name == "sum.golang.org");
  CHECK(one.hash == 0x033de0ae);
  CHECK(shown(one) == "sum.golang.org+033de0ae");
  CHECK(one.key.size() == 32);
  CHECK(static_cast<unsigned char>(one.key[0]) == 0xce);
  CHECK(static_cast<unsigned char>(one.key[31]) == 0xfc);
}

TEST_CASE("note: keys that are none") {
  for (const char* text :
       {"", "sum.golang.org", "sum.golang.org+033de0ae", "+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",  // wrong hash
        "sum.golang.com+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",  // wrong name
        "sum.golang.org+33de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",   // seven digits
        "sum.golang.org+033de0ae+As4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",  // another algorithm
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuA==",  // short
        "sum golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"}) {
    CAPTURE(text);
    CHECK(std::holds_alternative<std::string>(parse_verifier_key(text)));
  }
}

TEST_CASE("note: the text ends at the last blank line") {
  const SumTree tree;
  const std::string text = "first\n\nsecond\n";
  const Note one = note(tree.sign(text));
  CHECK(one.text == text);
  CHECK(verify(one, tree.key()) == NoteVerdict::verified);
}

TEST_CASE("note: malformed messages") {
  const std::string line = kPublicLine;
  CHECK(refused("", NoteTrouble::not_signed));
  CHECK(refused(kPublicText, NoteTrouble::not_signed));
  CHECK(refused("text\n\n", NoteTrouble::not_signed));
  CHECK(refused("text\n\n" + line.substr(0, line.size() - 1), NoteTrouble::not_signed));
  CHECK(refused("text\n\n" + line + "more\n", NoteTrouble::bad_line));
  CHECK(refused("text\n\n- name AAAAAAAA\n", NoteTrouble::bad_line));
  CHECK(refused("text\n\n\xE2\x80\x94 name\n", NoteTrouble::bad_line));
  CHECK(refused("text\n\n\xE2\x80\x94 na+me AAAAAAAA\n", NoteTrouble::bad_line));
  CHECK(refused("text\n\n\xE2\x80\x94  AAAAAAAA\n", NoteTrouble::bad_line));
  CHECK(refused("text\n\n\xE2\x80\x94 name AAAAAA==\n", NoteTrouble::bad_line));  // a key hash and nothing behind it
  CHECK(refused("text\n\n\xE2\x80\x94 name AAAA*AAA\n", NoteTrouble::bad_line));
  CHECK(refused("te\rxt\n\n" + line, NoteTrouble::no_text));
  CHECK(refused(std::string("te\0xt\n\n", 7) + line, NoteTrouble::no_text));
  CHECK(refused("te\xFFxt\n\n" + line, NoteTrouble::no_text));
  CHECK(refused("te\xC0\xAFxt\n\n" + line, NoteTrouble::no_text));          // overlong
  CHECK(refused("te\xED\xA0\x80xt\n\n" + line, NoteTrouble::no_text));      // surrogate
  CHECK(refused("te\xF4\x90\x80\x80xt\n\n" + line, NoteTrouble::no_text));  // beyond U+10FFFF
  CHECK(refused("text\xE2\x80\n\n" + line, NoteTrouble::no_text));          // cut short
}

TEST_CASE("note: 1000000 bytes are read, one more is not") {
  const SumTree tree;
  const std::size_t around = tree.sign("\n").size();
  const std::string longest = tree.sign(std::string(kMaxNote - around, 'a') + "\n");
  REQUIRE(longest.size() == kMaxNote);
  CHECK(verify(note(longest), tree.key()) == NoteVerdict::verified);
  CHECK(refused(tree.sign(std::string(kMaxNote - around + 1, 'a') + "\n"), NoteTrouble::too_large));
}

TEST_CASE("note: 100 signatures are read, 101 are not") {
  std::string message = "text\n\n";
  for (std::size_t i = 0; i < kMaxNoteSignatures; ++i) message += kPublicLine;
  CHECK(note(message).signatures.size() == kMaxNoteSignatures);
  CHECK(refused(message + kPublicLine, NoteTrouble::too_many_signatures));
}

TEST_CASE("note: whose signature counts, in whatever order the lines stand") {
  const SumTree ours;
  const SumTree namesake("sum.example.org", 8);
  const SumTree stranger("other.example.org", 9);
  const std::string text = "text\n";
  const std::string good = line_of(ours.sign(text));
  const std::string bad = line_of(ours.sign("another text\n"));
  const std::string others = line_of(stranger.sign("whatever\n")) + line_of(namesake.sign(text));
  const auto verdict = [&](const std::string& lines) { return verify(note(text + "\n" + lines), ours.key()); };
  CHECK(verdict(good) == NoteVerdict::verified);
  CHECK(verdict(others + good) == NoteVerdict::verified);
  CHECK(verdict(good + others) == NoteVerdict::verified);
  CHECK(verdict(others) == NoteVerdict::other_key);
  CHECK(verdict(bad) == NoteVerdict::bad_signature);
  CHECK(verdict(bad + good) == NoteVerdict::bad_signature);
  CHECK(verdict(good + bad) == NoteVerdict::verified);  // the second line by a key counts for nothing
}
