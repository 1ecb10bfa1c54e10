// Paragraphs: how they are cut, and every cap.
#include "probes/formats/deb822.hpp"

#include <catch2/catch.hpp>

using namespace mw;
using namespace std::string_view_literals;

namespace {

/// The first paragraph as "name=value|…", or "error: …".
std::string first(std::string_view text) {
  const auto taken = take_paragraph(text);
  if (const auto* error = std::get_if<std::string>(&taken)) return "error: " + *error;
  std::string out;
  for (const Field& one : std::get<Paragraph>(taken)) out += std::string(one.name) + "=" + std::string(one.value) + "|";
  return out;
}

}  // namespace

TEST_CASE("paragraphs are read") {
  CHECK(first("A: 1\nB: 2\n") == "A=1|B=2|");
  CHECK(first("A: 1\r\nB:2\r\n\r\nC: 3\r\n") == "A=1|B=2|");
  CHECK(first("\n \t\nA: 1\n\nB: 2\n") == "A=1|");
  CHECK(first("A: 1") == "A=1|");
  CHECK(first("A:\n x y\n z\nB: 2\n") == "A=x y\n z|B=2|");
  CHECK(first("A:\nB: http://example.org/\n") == "A=|B=http://example.org/|");
  CHECK(first("").empty());
  CHECK(first(" \n\n").empty());
}

TEST_CASE("paragraphs follow each other until the text ends") {
  std::string_view text = "A: 1\n\n\nA: 2\n";
  CHECK(field(std::get<Paragraph>(take_paragraph(text)), "a") == "1");
  CHECK(field(std::get<Paragraph>(take_paragraph(text)), "A") == "2");
  CHECK(std::get<Paragraph>(take_paragraph(text)).empty());
}

TEST_CASE("what is no paragraph is refused") {
  CHECK(first("no colon here\n") == "error: holds a line that is no field");
  CHECK(first("A: 1\n<html>\n") == "error: holds a line that is no field");
  CHECK(first(": value\n") == "error: holds a line that is no field");
  CHECK(first("-A: value\n") == "error: holds a line that is no field");
  CHECK(first("#A: value\n") == "error: holds a line that is no field");
  CHECK(first("A b: value\n") == "error: holds a line that is no field");
  CHECK(first("\xC3\x84: value\n") == "error: holds a line that is no field");
  CHECK(first(" A: value\n") == "error: starts with a continuation line");
  CHECK(first("A: 1\nB: 2\na: 3\n") == "error: names the field a twice");
  CHECK(first("A: x\0y\n"sv) == "error: holds a NUL byte");
}

TEST_CASE("a paragraph has at most kMaxFields fields with names of at most kMaxFieldName bytes") {
  std::string text;
  for (std::size_t i = 0; i < kMaxFields; ++i) text += "F" + std::to_string(i) + ": x\n";
  CHECK(first(text).starts_with("F0=x|"));
  CHECK(first(text + "One-More: x\n") == "error: has more than 256 fields");
  CHECK(first(std::string(kMaxFieldName, 'n') + ": x\n").starts_with("nnn"));
  CHECK(first(std::string(kMaxFieldName + 1, 'n') + ": x\n") == "error: holds a line that is no field");
}
