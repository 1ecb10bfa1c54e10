// Text to nodes: kinds, positions, what is refused before the library sees it, and quoting.
#include "exporter/toml_tree.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

TomlNode tree(const std::string& text) {
  const auto parsed = parse_toml(text);
  if (const auto* error = std::get_if<TomlError>(&parsed)) FAIL(error->what);
  return std::get<TomlNode>(parsed);
}

TomlError refusal(const std::string& text) {
  const auto parsed = parse_toml(text);
  REQUIRE(std::holds_alternative<TomlError>(parsed));
  return std::get<TomlError>(parsed);
}

std::string repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("every kind of value comes through with its place") {
  const TomlNode root = tree("a = \"é\"\nb = [1, 2.5]\n[c]\n d = true\n e = 1979-05-27\n");
  REQUIRE(root.members.size() == 3);
  CHECK(root.find("a")->text == "é");
  CHECK(root.find("a")->at == Position{1, 5});
  const TomlNode& list = *root.find("b");
  CHECK(list.kind == TomlNode::Kind::array);
  CHECK(list.items.at(0).integer == 1);
  CHECK(list.items.at(1).kind == TomlNode::Kind::real);
  CHECK(list.items.at(1).at == Position{2, 9});
  CHECK(root.members.at(2).key == "c");
  CHECK(root.members.at(2).at == Position{3, 2});
  CHECK(root.find("c")->find("d")->boolean);
  CHECK(root.find("c")->find("e")->kind == TomlNode::Kind::date);
  CHECK(root.find("c")->find("nothing") == nullptr);
}

TEST_CASE("members come in the order of the text, not of the alphabet") {
  const TomlNode root = tree("z = 1\na = 2\nm = 3\n");
  CHECK(root.members.at(0).key == "z");
  CHECK(root.members.at(1).key == "a");
  CHECK(root.members.at(2).key == "m");
}

TEST_CASE("columns count characters, not bytes") {
  const TomlNode root = tree("t = { \"清华\" = \"x\", b = 1 }\n");
  CHECK(root.find("t")->members.at(1).at == Position{1, 19});
}

TEST_CASE("line ends of other systems are line ends") {
  CHECK(tree("a = 1\r\nb = 2\r\n").find("b")->at == Position{2, 5});
}

TEST_CASE("a syntax error says where and in plain words") {
  struct Case {
    std::string text;
    Position at;
    std::string what;
  };
  const std::vector<Case> cases = {
      {"a = \"x\nb = 2\n", {1, 7}, "syntax error: the string is not closed on its line"},
      {"a = \"x", {1, 7}, "syntax error in string: encountered end-of-file"},
      {"a = 5s\n", {1, 6}, "syntax error: not a number; text and durations stand in quotes"},
      {"a = yes\n", {1, 5}, "syntax error: not a value; text stands in quotes"},
      {"a = \"x\x01y\"\n",
       {1, 7},
       "syntax error in string: unescaped control characters other than TAB (U+0009) are explicitly prohibited"},
      {"[[a]\n", {1, 5}, "syntax error in table header: expected ']', saw '\\n'"},
      {"a = 1\na = 2\n", {2, 5}, "syntax error in key-value pair: cannot redefine existing integer 'a'"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.text);
    const TomlError error = refusal(each.text);
    CHECK(error.what == each.what);
    CHECK(error.at.line == each.at.line);
    CHECK(error.at.column == each.at.column);
  }
}

TEST_CASE("bytes that are no text are refused in words of our own") {
  CHECK(refusal("\xEF\xBB\xBF"
                "a = 1\n")
            .what == "starts with a byte order mark, expected UTF-8 without one");
  CHECK(refusal("\xFF\xFE"
                "a")
            .what == "looks like UTF-16, expected UTF-8");
  const TomlError nul = refusal(std::string("a = 1\n\"é\" = \"\0\"\n", 16));
  CHECK(nul.what == "NUL byte, expected text");
  CHECK(nul.at == Position{2, 8});
  const TomlError utf8 = refusal("a = 1\nb = \"\xC3\x28\"\n");
  CHECK(utf8.what == "syntax error: not valid UTF-8");
  CHECK(utf8.at.line == 2);
}

TEST_CASE("a text that is too large is not parsed") {
  const std::string line = "# " + std::string(1021, 'x') + "\n";
  CHECK(tree(repeat(line, 1024)).members.empty());
  CHECK(refusal(repeat(line, 1024) + "\n").what == "larger than 1 MiB, expected at most 1048576 bytes");
}

TEST_CASE("depth is refused before it costs stack") {
  CHECK(tree("x = " + repeat("[", 31) + repeat("]", 31) + "\n").members.size() == 1);
  for (const std::string& bomb :
       {"x = " + repeat("[", 100'000), "x = " + repeat("[\n", 100'000), "x = " + repeat("{a=", 100'000),
        "a" + repeat(".a", 100'000) + " = 1", "[a" + repeat(".a", 100'000) + "]",
        "x = [\"\"\"y\"\"\"\"\", {a" + repeat(".a", 100'000), "x = '''y''''' # \"\na" + repeat(".a", 100'000),
        "a" + repeat(".\"a\"", 100'000) + " = 1", "x = \"\\\"\" # '\na" + repeat(".a", 100'000)}) {
    CAPTURE(bomb.substr(0, 40));
    const std::string what = refusal(bomb).what;
    CHECK((what == "nested too deeply, expected at most 32 levels" ||
           what == "too many dots on one line, expected at most 32"));
  }
}

TEST_CASE("dots and brackets in strings and comments are only text") {
  const std::string many = repeat(".[{", 200);
  CHECK(tree("a = \"" + many + "\" # " + many + "\nb = '" + many + "'\n").members.size() == 2);
  CHECK(tree("a = \"\"\"\n" + many + "\n\"\"\"\nb = '''" + many + "''''\n").members.size() == 2);
  CHECK(tree("a = \"\\\"" + many + "\\\\\"\n").find("a")->text.size() == 602);
}

TEST_CASE("what is quoted reads back") {
  for (const std::string& text : {std::string("plain"), std::string("a \"b\" \\ c"), std::string("清华\n\t\x01\x7F"),
                                  std::string("nul\0", 4), std::string()}) {
    CHECK(tree(toml_key(text) + " = " + quote_toml(text) + "\n").find(text)->text == text);
  }
  CHECK(toml_key("a-b_1") == "a-b_1");
  CHECK(toml_key("a.b") == "\"a.b\"");
}
