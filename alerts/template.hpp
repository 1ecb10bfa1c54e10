// Annotations with {{ $labels.NAME }} and {{ $value }} in them, a part of what Prometheus' alerting rules may hold, so
// that the same text serves both. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mw {

/// What is wrong with it, for the one who wrote it; nothing if it can be filled in.
std::optional<std::string> template_trouble(std::string_view text);

/// A label that is not there is "", as in Prometheus. What template_trouble() complains of stays as it is.
std::string filled_in(std::string_view text, const std::map<std::string, std::string>& labels, std::string_view value);

}  // namespace mw
