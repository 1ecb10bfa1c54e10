// The names of DNS record types, classes and response codes, as zone files and dig(1) have them. Pure tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mw {

/// Case counts; also "TYPE65" and "CLASS3" (RFC 3597).
std::optional<std::uint16_t> record_type(std::string_view name);
std::optional<std::uint16_t> record_class(std::string_view name);
std::optional<int> response_code(std::string_view name);

std::string record_type_name(std::uint16_t);
std::string record_class_name(std::uint16_t);
std::string response_code_name(int);

}  // namespace mw
