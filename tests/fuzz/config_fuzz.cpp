// Any bytes as a configuration: either errors, or a configuration that prints as one again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>

#include "exporter/config.hpp"

namespace {

mw::SecretSource no_system() {
  const auto file = [](const std::string&, std::string&) {
    return std::optional<std::string>("https://a.example.org/");
  };
  const auto variable = [](const std::string&) { return std::optional<std::string>("value"); };
  return {file, variable};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto outcome = mw::parse_config(text, "fuzz.toml", no_system());
  if (const auto* errors = std::get_if<std::vector<mw::ConfigError>>(&outcome)) {
    if (errors->empty()) std::abort();
    for (const mw::ConfigError& error : *errors)
      if (mw::to_string(error).find('\n') != std::string::npos) std::abort();
    return 0;
  }
  const std::string printed = mw::print_config(std::get<mw::Config>(outcome));
  const auto again = mw::parse_config(printed, "printed.toml", no_system());
  if (std::holds_alternative<mw::Config>(again)) return 0;
  // Only what was redacted may be wrong with it.
  if (printed.find(mw::kRedacted) == std::string::npos) std::abort();
  return 0;
}
