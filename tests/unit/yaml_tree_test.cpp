// Text to nodes: kinds, positions, aliases and merge keys, and what is refused.
#include "exporter/yaml_tree.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

YamlNode tree(const std::string& text) {
  const auto parsed = parse_yaml(text);
  if (const auto* error = std::get_if<YamlError>(&parsed)) FAIL(error->what);
  return std::get<YamlNode>(parsed);
}

YamlError refusal(const std::string& text) {
  const auto parsed = parse_yaml(text);
  REQUIRE(std::holds_alternative<YamlError>(parsed));
  return std::get<YamlError>(parsed);
}

std::string repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

/// "{a: 1, b: [x, ~]}"
std::string flat(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::null) return "~";
  if (node.kind == YamlNode::Kind::scalar) return node.text;
  std::string out;
  for (const YamlNode& item : node.items) out += (out.empty() ? "" : ", ") + flat(item);
  for (const YamlMember& member : node.members)
    out += (out.empty() ? "" : ", ") + member.key + ": " + flat(member.value);
  return node.kind == YamlNode::Kind::map ? "{" + out + "}" : "[" + out + "]";
}

}  // namespace

TEST_CASE("yaml: every kind of value comes through with its place") {
  const YamlNode root = tree("modules:\n  http_2xx: # usual\n    prober: http\n    codes: [200, '204']\n    body:\n");
  CHECK(flat(root) == "{modules: {http_2xx: {prober: http, codes: [200, 204], body: ~}}}");
  const YamlNode& module = *root.find("modules")->find("http_2xx");
  CHECK(module.find("prober")->at == Position{3, 13});
  CHECK(module.members[0].at == Position{3, 5});
  CHECK(module.find("codes")->items[1].at == Position{4, 18});
  CHECK_FALSE(module.find("codes")->items[0].quoted);
  CHECK(module.find("codes")->items[1].quoted);
  CHECK(module.find("body")->kind == YamlNode::Kind::null);
  CHECK(module.find("nothing") == nullptr);
  CHECK(tree("!!str 5").quoted);
  CHECK(flat(tree("a: |\n  two\n  lines\n")) == "{a: two\nlines\n}");
  CHECK(tree("").kind == YamlNode::Kind::null);
  CHECK(tree("# only a comment\n---\n").kind == YamlNode::Kind::null);
}

TEST_CASE("yaml: an alias is what it stands for; a merge key adds what is not there") {
  CHECK(flat(tree("a: &x [1, 2]\nb: *x\n")) == "{a: [1, 2], b: [1, 2]}");
  CHECK(flat(tree("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\n")) == "{a: {p: 1, q: 2}, b: {q: 3, p: 1}}");
  CHECK(flat(tree("a: &x {p: 1}\nb: &y {p: 2, q: 3}\nc: {<<: [*x, *y]}\n")) ==
        "{a: {p: 1}, b: {p: 2, q: 3}, c: {p: 1, q: 3}}");
  CHECK(tree("a: &x {p: 1}\nb: *x\n").find("b")->find("p")->at == Position{1, 10});
}

TEST_CASE("yaml: what is no single, bounded document is refused with its place") {
  struct Row {
    std::string text;
    Position at;
    std::string says;
  };
  const std::vector<Row> rows = {
      {"a: [1\nb: 2\n", {2, 2}, "syntax error"},
      {"a: 1\na: 2\n", {2, 1}, "'a' is there already, in line 1"},
      {"a: 1\n---\nb: 2\n", {}, "second document"},
      {"a: !!binary aGk=\n", {1, 4}, "has the tag"},
      {"? [a]\n: b\n", {1, 3}, "a key is no text"},
      {"~: b\n", {1, 1}, "a key is empty"},
      {"a: &x [*x]\n", {1, 8}, "alias stands within"},
      {"a: *nowhere\n", {1, 4}, "syntax error"},
      {repeat("[", 33) + repeat("]", 33), {1, 33}, "nested too deeply"},
      {"a: &x " + repeat("[", 31) + repeat("]", 31) + "\nb: [*x]\n", {2, 5}, "nested too deeply"},
      {std::string("a: \0b", 5), {}, "NUL"},
      {std::string(kYamlLimit + 1, ' '), {}, "larger than 1 MiB"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 60));
    const YamlError error = refusal(row.text);
    CHECK(error.what.find(row.says) != std::string::npos);
    CAPTURE(error.what);
    CHECK(error.at == row.at);
  }
}

TEST_CASE("yaml: aliases of aliases do not multiply without end") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeat(before + ", ", 9) + before + "]\n";
  }
  const YamlError error = refusal(text);
  CHECK(error.what.find("more than 20000 values") != std::string::npos);
}
