// What the configuration reads from the system: its own files, and secrets.
#include "exporter/config_files.hpp"

#include <cstdlib>

#include "exporter/config.hpp"
#include "exporter/plain_file.hpp"
#include "exporter/toml_tree.hpp"

namespace mw {

namespace {

constexpr std::size_t kSecretLimit = 64 * 1024;

std::optional<std::string> read_secret(const std::string& path, std::string& error) {
  auto content = read_file(path, {kSecretLimit, true}, error);
  if (content && content->ends_with('\n')) content->pop_back();
  if (content && content->ends_with('\r')) content->pop_back();
  return content;
}

std::optional<std::string> read_open(const std::string& path, std::string& error) {
  return read_file(path, {kSecretLimit, false}, error);
}

std::optional<std::string> read_variable(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

SecretSource system_secrets() { return {read_secret, read_variable, read_open}; }

std::optional<std::string> read_configuration(const std::string& file, std::string& error) {
  return read_file(file, {kTomlLimit, false}, error);
}

ConfigOrErrors load_config(const std::string& file) {
  std::string error;
  const auto text = read_configuration(file, error);
  if (!text) return std::vector<ConfigError>{{file, 0, 0, "", error + ", expected a configuration file"}};
  return parse_config(*text, file, system_secrets());
}

}  // namespace mw
