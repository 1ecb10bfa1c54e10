// One element's text out of hostile XML: what a path finds, and every way a document is refused.
#include "probes/formats/xml.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

/// The text found, or the trouble's name in angle brackets.
std::string at(std::string_view document, std::string_view path) {
  const auto found = xml_at(document, path);
  if (const auto* text = std::get_if<std::string>(&found)) return *text;
  return "<" + std::string(name(std::get<XmlTrouble>(found))) + ">";
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

const std::string kMetadata = R"(<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<metadata modelVersion="1.1.0">
  <groupId>org.example</groupId>
  <versioning>
    <latest>1.2</latest>
    <versions><version>1.1</version><version>1.2</version></versions>
    <lastUpdated>20240702082445</lastUpdated>
  </versioning>
</metadata>
)";

}  // namespace

TEST_CASE("xml: a path leads to an element's text") {
  CHECK(at(kMetadata, "/metadata/versioning/lastUpdated") == "20240702082445");
  CHECK(at(kMetadata, "/metadata/groupId") == "org.example");
  CHECK(at("\xEF\xBB\xBF" + kMetadata, "/metadata/versioning/latest") == "1.2");
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"<a>x</a>", "x"},
      {"<a></a>", ""},
      {"<a/>", ""},
      {"<a b='/>' c=\">\">x</a>", "x"},
      {"<a>\n x \n</a>", "\n x \n"},
      {"<a>1<!-- <b> -->2</a>", "12"},
      {"<a>1<?php <b> ?>2</a>", "12"},
      {"<a><![CDATA[<b>&amp;]]>c</a>", "<b>&amp;c"},
      {"<a>&lt;&amp;&gt;&#65;&#x42;</a>", "<&>AB"},
      {"<a>&unknown;</a>", "&unknown;"},
      {"<a>\xC3\xA9</a>", "\xC3\xA9"},
      {"<a>x</a ><!-- after --> ", "x"},
      {"<?xml version='1.0' encoding='UTF-16'?><a>x</a>", "x"},
  };
  for (const auto& [document, expected] : rows) {
    INFO(document);
    CHECK(at(document, "/a") == expected);
  }
  CHECK(at("<r xmlns='urn:x'><n:a xmlns:n='urn:y'>x</n:a></r>", "/r/n:a") == "x");
}

TEST_CASE("xml: what is not there, is there twice, or is no text") {
  CHECK(at(kMetadata, "/metadata/versioning/release") == "<not there>");
  CHECK(at(kMetadata, "/versioning/lastUpdated") == "<not there>");
  CHECK(at(kMetadata, "/Metadata/groupId") == "<not there>");
  CHECK(at(kMetadata, "/metadata/groupId/x") == "<not there>");
  CHECK(at(kMetadata, "/metadata/versioning/versions/version") == "<an element twice>");
  CHECK(at("<a><b><c>1</c></b><b><c>2</c></b></a>", "/a/b/c") == "<an element twice>");
  CHECK(at(kMetadata, "/metadata/versioning") == "<not a piece of text>");
  CHECK(at("<a>text<b/></a>", "/a") == "<not a piece of text>");
  for (const std::string_view path : {"", "/", "a", "/a/", "//a", "/a//b", "/@b", "/a[1]", "/a b", "/a=1"}) {
    INFO(path);
    CHECK_FALSE(is_xml_path(path));
    CHECK(at("<a>x</a>", path) == "<not there>");
  }
  CHECK(is_xml_path("/metadata/versioning/lastUpdated"));
}

TEST_CASE("xml: declarations are refused, wherever they stand") {
  const std::string_view rows[] = {
      "<!DOCTYPE a><a>x</a>",
      "<!doctype html><html></html>",
      "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
      "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a>x</a>",
      "<!ENTITY e SYSTEM 'http://192.0.2.1/'><a>&e;</a>",
      "<a><!ENTITY e 'x'>x</a>",
      "<a>x</a><!DOCTYPE a>",
      "<!DOCTYPE l [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>",
      "<a><!ELEMENT b ANY>x</a>",
      "<a><![cdata[x]]></a>",
  };
  for (const std::string_view row : rows) {
    INFO(row);
    CHECK(at(row, "/a") == "<declares a document type or an entity>");
  }
  CHECK(at("<a><!-- <!DOCTYPE a> --><![CDATA[<!ENTITY]]></a>", "/a") == "<!ENTITY");
}

TEST_CASE("xml: an unsound document is refused, even after what was asked for") {
  const std::string_view rows[] = {
      "",
      "  ",
      "text",
      "<a>x",
      "<a>x</b>",
      "<a>x</a",
      "<a>x</a></a>",
      "<a>x</a><a>y</a>",
      "<a>x</a>junk",
      "junk<a>x</a>",
      "</a>",
      "<a",
      "<a b='>x</a>",
      "<a>x<</a>",
      "<a><b</a>",
      "<a>x<!-- </a>",
      "<a>x<![CDATA[ </a>",
      "<![CDATA[x]]><a>x</a>",
      "<a>x<?pi </a>",
      "<a>x<b></a></b>",
      "< a>x</a>",
      "<1>x</1>",
      "<a b>x</a>",
      "<a b=c>x</a>",
      "{\"a\":\"x\"}",
      std::string_view("<a>x</a>\0", 9),
      std::string_view("<a>x\0</a>", 9),
      std::string_view("\0<\0a\0>\0", 7),
      "\xFF\xFE<\0a\0",
  };
  for (const std::string_view row : rows) {
    INFO(row);
    CHECK(at(row, "/a") == "<not well-formed>");
  }
}

TEST_CASE("xml: depth, size and pieces have limits") {
  const auto nested = [](std::size_t depth) { return repeated("<a>", depth) + "x" + repeated("</a>", depth); };
  CHECK(at(nested(kXmlDepthLimit), repeated("/a", kXmlDepthLimit)) == "x");
  CHECK(at(nested(kXmlDepthLimit + 1), "/a") == "<nested too deeply>");
  CHECK(at(repeated("<a>", 100'000), "/a") == "<nested too deeply>");
  CHECK(at("<a>x</a>" + std::string(kXmlLimit - 8, ' '), "/a") == "x");
  CHECK(at("<a>x</a>" + std::string(kXmlLimit - 7, ' '), "/a") == "<too large>");
  CHECK(at("<a>" + repeated("<b/>", kXmlPieceLimit) + "</a>", "/a/c") == "<too large>");
  CHECK(at("<a" + repeated(" b=''", kXmlPieceLimit) + "/>", "/a") == "<too large>");
  CHECK(at("<a>" + repeated("<!---->x", kXmlPieceLimit) + "</a>", "/a") == "<too large>");
}
