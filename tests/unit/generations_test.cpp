// What was seen under one name over time: bounded, in order, without doubles.
#include "probes/generations.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

Remembered with(const std::string& value) {
  return std::make_shared<const std::map<std::string, std::string>>(std::map<std::string, std::string>{{"key", value}});
}

}  // namespace

TEST_CASE("generations are remembered in order, the latest last, each once") {
  CHECK(generations(nothing_remembered(), "key").empty());
  CHECK(with_generation(nothing_remembered(), "key", "a") == "a");
  CHECK(with_generation(with("a"), "key", "b") == "a\nb");
  CHECK(with_generation(with("a\nb\nc"), "key", "a") == "b\nc\na");
  CHECK(with_generation(with("a"), "other", "b") == "b");
  CHECK(generations(with("a\nb"), "key") == std::vector<std::string>{"a", "b"});
}

TEST_CASE("only the last eight generations are remembered") {
  std::string value;
  for (int i = 0; i < 20; ++i) value = with_generation(with(value), "key", std::to_string(i));
  CHECK(value == "12\n13\n14\n15\n16\n17\n18\n19");
}
