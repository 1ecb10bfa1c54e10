// The forms that values of a module come in. Pure.
#include "exporter/config_module_forms.hpp"

#include <array>

namespace mw {

namespace {

struct NamedVersion {
  std::string_view name;
  TlsVersion version;
};
constexpr std::array<NamedVersion, 4> kVersions = {{{"TLS10", TlsVersion::v1_0},
                                                    {"TLS11", TlsVersion::v1_1},
                                                    {"TLS12", TlsVersion::v1_2},
                                                    {"TLS13", TlsVersion::v1_3}}};

}  // namespace

Form<std::vector<Regex>> patterns() {
  const Form<std::vector<std::string>> texts = list_of(pattern(), 64);
  Form<std::vector<Regex>> form;
  form.expects = texts.expects;
  form.read = [texts](const Spot& spot) -> std::optional<std::vector<Regex>> {
    const auto read = texts.read(spot);
    if (!read) return std::nullopt;
    return std::vector<Regex>(read->begin(), read->end());
  };
  form.print = [texts](const std::vector<Regex>& values) {
    std::vector<std::string> written;
    for (const Regex& each : values) written.push_back(each.pattern());
    return texts.print(written);
  };
  return form;
}

Form<bool> prefers_v6() {
  const Form<std::string> word = one_of({"ip4", "ip6"});
  Form<bool> form;
  form.expects = word.expects;
  form.read = [word](const Spot& spot) -> std::optional<bool> {
    const auto value = word.read(spot);
    return value ? std::optional(*value == "ip6") : std::nullopt;
  };
  form.print = [](const bool& v6) { return quote_toml(v6 ? "ip6" : "ip4"); };
  return form;
}

Form<std::optional<Address>> source_address() {
  const Form<std::string> written = checked_string("an IP address such as 192.0.2.7", [](const std::string& value) {
    return parse_address(value) ? std::nullopt : std::optional<std::string>("is no IP address");
  });
  Form<std::optional<Address>> form;
  form.expects = written.expects;
  form.read = [written](const Spot& spot) -> std::optional<std::optional<Address>> {
    const auto value = written.read(spot);
    if (!value) return std::nullopt;
    return parse_address(*value);
  };
  form.print = [](const std::optional<Address>& value) {
    return value ? quote_toml(to_string(*value)) : std::string();
  };
  return form;
}

Form<TlsVersion> tls_version() {
  std::vector<std::string> words;
  for (const NamedVersion& each : kVersions) words.emplace_back(each.name);
  const Form<std::string> word = one_of(words);
  Form<TlsVersion> form;
  form.expects = word.expects;
  form.read = [word](const Spot& spot) -> std::optional<TlsVersion> {
    const auto value = word.read(spot);
    for (const NamedVersion& each : kVersions)
      if (value && *value == each.name) return each.version;
    return std::nullopt;
  };
  form.print = [](const TlsVersion& version) {
    for (const NamedVersion& each : kVersions)
      if (each.version == version) return quote_toml(each.name);
    return std::string();
  };
  return form;
}

Form<bool> negated(const Form<bool>& form) {
  Form<bool> made = form;
  made.read = [read = form.read](const Spot& spot) -> std::optional<bool> {
    const auto value = read(spot);
    return value ? std::optional(!*value) : std::nullopt;
  };
  made.print = [print = form.print](const bool& value) { return print(!value); };
  return made;
}

}  // namespace mw
