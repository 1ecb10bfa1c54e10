// The query of a URI.
#include "exporter/web/query.hpp"

#include <catch2/catch.hpp>

using namespace mw;

TEST_CASE("a query's values are found by name and decoded") {
  CHECK(query_value("target=http%3A%2F%2Fa%2F%3Fx%3D1&module=http_2xx", "target") == "http://a/?x=1");
  CHECK(query_value("a=1&b=2", "b") == "2");
  CHECK(query_value("a=1&b=2", "c") == std::nullopt);
  CHECK(query_value("debug", "debug") == "");
  CHECK(query_value("=x&a==y&", "a") == "=y");
  CHECK(query_value("%61=x+y", "a") == "x y");
  CHECK(query_values("pool=a&mirror=b&pool=c", "pool") == std::vector<std::string>{"a", "c"});
  CHECK(query_values("", "pool").empty());
}

TEST_CASE("a percent sign that encodes nothing stays") {
  CHECK(decode_form("%") == "%");
  CHECK(decode_form("%4") == "%4");
  CHECK(decode_form("%zz%41") == "%zzA");
  CHECK(decode_form("%-1%+1") == "%-1% 1");
}
