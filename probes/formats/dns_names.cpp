// From the registry of DNS parameters at IANA, as far as it is still asked for.
#include "probes/formats/dns_names.hpp"

#include <array>
#include <charconv>
#include <span>

namespace mw {

namespace {

struct Named {
  std::string_view name;
  std::uint16_t value;
};

constexpr std::array kTypes = {
    Named{"A", 1},      Named{"NS", 2},      Named{"CNAME", 5},   Named{"SOA", 6},      Named{"NULL", 10},
    Named{"PTR", 12},   Named{"HINFO", 13},  Named{"MX", 15},     Named{"TXT", 16},     Named{"RP", 17},
    Named{"AFSDB", 18}, Named{"AAAA", 28},   Named{"LOC", 29},    Named{"SRV", 33},     Named{"NAPTR", 35},
    Named{"CERT", 37},  Named{"DNAME", 39},  Named{"OPT", 41},    Named{"DS", 43},      Named{"SSHFP", 44},
    Named{"RRSIG", 46}, Named{"NSEC", 47},   Named{"DNSKEY", 48}, Named{"NSEC3", 50},   Named{"NSEC3PARAM", 51},
    Named{"TLSA", 52},  Named{"SMIMEA", 53}, Named{"CDS", 59},    Named{"CDNSKEY", 60}, Named{"OPENPGPKEY", 61},
    Named{"CSYNC", 62}, Named{"ZONEMD", 63}, Named{"SVCB", 64},   Named{"HTTPS", 65},   Named{"SPF", 99},
    Named{"IXFR", 251}, Named{"AXFR", 252},  Named{"ANY", 255},   Named{"URI", 256},    Named{"CAA", 257},
};
constexpr std::array kClasses = {Named{"IN", 1}, Named{"CS", 2},    Named{"CH", 3},
                                 Named{"HS", 4}, Named{"ANY", 255}, Named{"NONE", 254}};
constexpr std::array kCodes = {
    Named{"NOERROR", 0},  Named{"FORMERR", 1},  Named{"SERVFAIL", 2}, Named{"NXDOMAIN", 3},  Named{"NOTIMP", 4},
    Named{"REFUSED", 5},  Named{"YXDOMAIN", 6}, Named{"YXRRSET", 7},  Named{"NXRRSET", 8},   Named{"NOTAUTH", 9},
    Named{"NOTZONE", 10}, Named{"BADSIG", 16},  Named{"BADVERS", 16}, Named{"BADKEY", 17},   Named{"BADTIME", 18},
    Named{"BADMODE", 19}, Named{"BADNAME", 20}, Named{"BADALG", 21},  Named{"BADTRUNC", 22}, Named{"BADCOOKIE", 23},
};

std::optional<std::uint16_t> find(std::span<const Named> table, std::string_view name) {
  for (const Named& each : table)
    if (each.name == name) return each.value;
  return std::nullopt;
}

/// "TYPE65" with the prefix "TYPE".
std::optional<std::uint16_t> numbered(std::string_view prefix, std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  std::uint16_t value = 0;
  const char* const last = name.data() + name.size();
  const auto [end, error] = std::from_chars(name.data() + prefix.size(), last, value);
  return error == std::errc{} && end == last ? std::optional(value) : std::nullopt;
}

std::optional<std::string_view> name_in(std::span<const Named> table, int value) {
  for (const Named& each : table)
    if (each.value == value) return each.name;
  return std::nullopt;
}

}  // namespace

std::optional<std::uint16_t> record_type(std::string_view name) {
  const auto known = find(kTypes, name);
  return known ? known : numbered("TYPE", name);
}

std::optional<std::uint16_t> record_class(std::string_view name) {
  const auto known = find(kClasses, name);
  return known ? known : numbered("CLASS", name);
}

std::optional<int> response_code(std::string_view name) {
  const auto known = find(kCodes, name);
  return known ? std::optional<int>(*known) : std::nullopt;
}

std::string record_type_name(std::uint16_t type) {
  const auto known = name_in(kTypes, type);
  return known ? std::string(*known) : "TYPE" + std::to_string(type);
}

std::string record_class_name(std::uint16_t value) {
  const auto known = name_in(kClasses, value);
  return known ? std::string(*known) : "CLASS" + std::to_string(value);
}

std::string response_code_name(int code) {
  const auto known = name_in(kCodes, code);
  return known ? std::string(*known) : std::to_string(code);
}

}  // namespace mw
