// Templates in annotations: what is filled in, what is refused.
#include "alerts/template.hpp"

#include <catch2/catch.hpp>

using namespace mw;

TEST_CASE("labels and the value are filled in, once each time they are named") {
  const std::map<std::string, std::string> labels = {{"mirror", "a"}, {"trap", "{{ $value }}"}};
  const auto fill = [&](std::string_view text) { return filled_in(text, labels, "7h"); };
  CHECK(fill("") == "");
  CHECK(fill("plain { text }}") == "plain { text }}");
  CHECK(fill("{{ $labels.mirror }} is {{$value}} behind") == "a is 7h behind");
  CHECK(fill("{{\t$labels.mirror\t}}{{ $labels.mirror }}") == "aa");
  CHECK(fill("[{{ $labels.nothing }}]") == "[]");
  CHECK(fill("{{ $labels.trap }}") == "{{ $value }}");  // what was filled in is not read again
  CHECK(fill("{{ $other }} {{") == "{{ $other }} {{");
}

TEST_CASE("templates that cannot be filled in") {
  CHECK_FALSE(template_trouble("no braces at all"));
  CHECK_FALSE(template_trouble("{{ $labels.a_1 }} {{ $value }}"));
  for (const char* bad : {"{{", "{{ $value", "{{}}", "{{ value }}", "{{ $labels. }}", "{{ $labels.1a }}",
                          "{{ $value | humanize }}", "{{ $value }} {{ .Value }}"}) {
    INFO(bad);
    CHECK(template_trouble(bad));
  }
}
