// A reader of text format 0.0.4 and of OpenMetrics 1.0 that forgives nothing: what Prometheus rejects, what promtool
// overlooks (duplicates, families in pieces) and what is not in our catalogue.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "exporter/exposition.hpp"

namespace mw {

struct ReadSample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

/// The samples in the page's order, or what is wrong, with its line.
std::variant<std::vector<ReadSample>, std::string> read_exposition(std::string_view page, Format = Format::text);

/// Well-formed UTF-8, checked by other code than the one that made it.
bool reads_as_utf8(std::string_view text);

}  // namespace mw
