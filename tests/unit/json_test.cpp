// Scalars out of hostile JSON: what a pointer finds, and every way a document is refused.
#include "probes/formats/json.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

/// The text found, or the trouble's name in angle brackets.
std::string at(std::string_view document, std::string_view pointer) {
  const auto found = json_at(document, pointer);
  if (const auto* text = std::get_if<std::string>(&found)) return *text;
  return "<" + std::string(name(std::get<JsonTrouble>(found))) + ">";
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

struct Row {
  std::string_view document;
  std::string_view pointer;
  std::string_view expected;
};

}  // namespace

TEST_CASE("json: a pointer leads to a scalar") {
  const Row rows[] = {
      {R"({"Time":"2024-07-02T08:24:45Z"})", "/Time", "2024-07-02T08:24:45Z"},
      {R"({"a":{"b":[1,{"c":"x"}]}})", "/a/b/1/c", "x"},
      {R"({"a":{"b":[1,{"c":"x"}]}})", "/a/b/0", "1"},
      {R"([[1,2],[3,[4,5]]])", "/1/1/0", "4"},
      {R"({"a":[[],{},7]})", "/a/2", "7"},
      {R"({"x":{"a":1},"a":2})", "/a", "2"},
      {R"({"a/b":1,"m~n":2,"":3})", "/a~1b", "1"},
      {R"({"a/b":1,"m~n":2,"":3})", "/m~0n", "2"},
      {R"({"a/b":1,"m~n":2,"":3})", "/", "3"},
      {R"({"~1":1})", "/~01", "1"},
      {R"({"0":"object"})", "/0", "object"},
      {R"("alone")", "", "alone"},
      {" \n 12 \n", "", "12"},
      {R"({"a":true,"b":false,"c":null})", "/a", "true"},
      {R"({"a":true,"b":false,"c":null})", "/b", "false"},
      {R"({"a":true,"b":false,"c":null})", "/c", "null"},
      {R"({"a":"\u00e9\n\ud83d\ude00"})", "/a", "\xC3\xA9\n\xF0\x9F\x98\x80"},
      {R"({"a":"x\u0000y"})", "/a", std::string_view("x\0y", 3)},
      {R"({"a":""})", "/a", ""},
  };
  for (const Row& row : rows) {
    INFO(row.document << " at " << row.pointer);
    CHECK(at(row.document, row.pointer) == row.expected);
  }
}

TEST_CASE("json: numbers come as they were written") {
  for (const std::string_view number :
       {"0", "-0", "-1", "1.50", "1E3", "1e-7", "-0.0", "18446744073709551615", "18446744073709551616",
        "-9223372036854775808", "-9223372036854775809", "1234567890.123456789012345"}) {
    INFO(number);
    CHECK(at("{\"n\":" + std::string(number) + "}", "/n") == number);
  }
}

TEST_CASE("json: what is not there is absent, what is no scalar is said to be none") {
  const Row rows[] = {
      {R"({"a":1})", "/b", "<not there>"},
      {R"({"a":1})", "/a/b", "<not there>"},
      {R"({"a":1})", "/A", "<not there>"},
      {R"([1,2])", "/2", "<not there>"},
      {R"([1,2])", "/-", "<not there>"},
      {R"([1,2])", "/01", "<not there>"},
      {R"([1,2])", "/+1", "<not there>"},
      {R"([1,2])", "/1e0", "<not there>"},
      {R"([1,2])", "/", "<not there>"},
      {R"({})", "/a", "<not there>"},
      {R"({"a":1})", "a", "<not there>"},
      {R"({"a~":1})", "/a~", "<not there>"},
      {R"({"a~2":1})", "/a~2", "<not there>"},
      {R"({"b":{"a":1}})", "/a", "<not there>"},
      {R"({"a":{}})", "/a", "<not a single value>"},
      {R"({"a":[1]})", "/a", "<not a single value>"},
      {R"({"a":1})", "", "<not a single value>"},
      {R"([])", "", "<not a single value>"},
  };
  for (const Row& row : rows) {
    INFO(row.document << " at " << row.pointer);
    CHECK(at(row.document, row.pointer) == row.expected);
  }
}

TEST_CASE("json: a key twice on the way is refused, elsewhere it is nobody's business") {
  CHECK(at(R"({"a":1,"a":1})", "/a") == "<a key twice>");
  CHECK(at(R"({"a":{"b":1},"a":{"b":2}})", "/a/b") == "<a key twice>");
  CHECK(at(R"({"a":{"b":1,"\u0062":2}})", "/a/b") == "<a key twice>");
  CHECK(at(R"({"a":{"b":1,"c":1,"c":2},"d":1,"d":2})", "/a/b") == "1");
  CHECK(at(R"([{"a":1},{"a":2}])", "/1/a") == "2");
}

TEST_CASE("json: an unsound document is refused, even after what was asked for") {
  const std::string_view rows[] = {
      "",
      " ",
      "{",
      R"({"a":1)",
      R"({"a":1}x)",
      R"({"a":1}{})",
      R"({"a":1,})",
      R"({"a":1,"b":})",
      R"({"a":1,"b":[1 2]})",
      R"({"a":1 /* comment */})",
      R"({'a':1})",
      R"({"a":01})",
      R"({"a":+1})",
      R"({"a":1.})",
      R"({"a":NaN})",
      R"({"a":Infinity})",
      R"({"a":1e400})",
      R"({"a":1,"b":-1e400})",
      R"({"a":"\ud800"})",
      R"({"a":1,"b":"\udc00x"})",
      "{\"a\":\"\xFF\"}",
      "{\"a\":\"\xC0\xAF\"}",
      "{\"a\":\"\xED\xA0\x80\"}",
      "{\"a\":\"line\nbreak\"}",
      "\xEF\xBB\xBF{\"a\":1}",
      std::string_view("{\"a\":1}\0", 8),
      std::string_view("{\"a\":1}\0junk", 12),
      std::string_view("{\"a\0\":1}", 8),
      "<!DOCTYPE html><title>Sign in</title>",
  };
  for (const std::string_view row : rows) {
    INFO(row);
    CHECK(at(row, "/a") == "<not well-formed>");
  }
}

TEST_CASE("json: depth, size and strings have limits") {
  const auto nested = [](std::size_t depth) { return repeated("[", depth) + "7" + repeated("]", depth); };
  CHECK(at(nested(kJsonDepthLimit), repeated("/0", kJsonDepthLimit)) == "7");
  CHECK(at(nested(kJsonDepthLimit + 1), "/0") == "<nested too deeply>");
  CHECK(at(repeated("[", 1'000'000), "") == "<nested too deeply>");
  CHECK(at(repeated("{\"a\":", 1'000'000), "/a") == "<nested too deeply>");
  CHECK(at(std::string(kJsonLimit - 1, ' ') + "7", "") == "7");
  CHECK(at(std::string(kJsonLimit, ' ') + "7", "") == "<too large>");
  CHECK(at("\"" + std::string(kJsonStringLimit, 'x') + "\"", "") == std::string(kJsonStringLimit, 'x'));
  CHECK(at("[7,\"" + std::string(kJsonStringLimit + 1, 'x') + "\"]", "/0") == "<too large>");
  CHECK(at("{\"a\":7,\"" + std::string(kJsonStringLimit + 1, 'x') + "\":1}", "/a") == "<too large>");
}

TEST_CASE("json: many keys are read in passing") {
  std::string document = "{";
  for (int i = 0; i < 100'000; ++i) document += "\"" + std::to_string(i) + "\":0,";
  CHECK(at(document + "\"last\":1}", "/last") == "1");
}

TEST_CASE("json: pointers are known by their form") {
  for (const std::string_view good : {"", "/", "/a", "/a/0", "/~0~1", "//"}) CHECK(is_json_pointer(good));
  for (const std::string_view bad : {"a", "a/b", "/~", "/~2", "/a~", "#/a", "$.a"}) CHECK_FALSE(is_json_pointer(bad));
}
