// Any bytes as a configuration: errors of one line each, or a configuration that reads back from its own print.
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "exporter/config.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

namespace {

constexpr auto kSecret = "https://s3cret.example.org/";

SecretSource one_secret() {
  const auto file = [](const std::string&, std::string&) { return std::optional<std::string>(kSecret); };
  const auto variable = [](const std::string&) { return std::optional<std::string>(kSecret); };
  return {file, variable, file};
}

void check_errors(const std::vector<ConfigError>& errors) {
  must(!errors.empty());
  for (const ConfigError& error : errors) must(to_string(error).find('\n') == std::string::npos);
}

/// Only what was redacted may keep the print from being read, so then nothing is asked of it.
void check_print(const Config& config) {
  const std::string printed = print_config(config);
  if (printed.find(kRedacted) != std::string::npos) return;
  const auto again = parse_config(printed, "printed.toml", one_secret());
  must(std::holds_alternative<Config>(again));
  must(print_config(std::get<Config>(again)) == printed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto outcome = parse_config(std::string(as_text(data, size)), "fuzz.toml", one_secret());
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&outcome))
    check_errors(*errors);
  else
    check_print(std::get<Config>(outcome));
  return 0;
}
