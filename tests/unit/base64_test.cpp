// Base64 against RFC 4648 §10, and what it must refuse.
#include "probes/formats/base64.hpp"

#include <catch2/catch.hpp>

using namespace mw;

TEST_CASE("base64: the vectors of RFC 4648") {
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"},
                                                      {"\xFB\xFF\xBF", "+/+/"}};
  for (const auto& [bytes, text] : rows) {
    CHECK(base64(bytes) == text);
    CHECK(from_base64(text) == std::string(bytes));
  }
}

TEST_CASE("base64: one text for one value") {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v\n", "Zm 9",
                           "====", "=Zg=", "Zg==Zg==", "Zm-_", "Z===", "\xC3\xA4=="}) {
    CAPTURE(text);
    CHECK_FALSE(from_base64(text));
  }
}
