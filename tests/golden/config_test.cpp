// Configurations in files: what each bad one is told, and what each good one comes out as.
#include "exporter/config.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/golden.hpp"

using namespace mw;

namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(MW_SOURCE_DIR) / "tests/golden/config";

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> configurations(const std::string& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(kFolder / folder))
    if (entry.path().extension() == ".toml") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

/// Every secret in it holds "s3cret" or "hunter2", so that a leak shows.
SecretSource fake_secrets() {
  static const std::map<std::string, std::string> files = {
      {"/secrets/good", "s3cret-value"},
      {"/secrets/url", "https://hooks.example.org/services/s3cret-token"},
      {"/secrets/userinfo", "https://me:hunter2@hooks.example.org/"},
      {"/secrets/empty", ""},
      {"/secrets/lines", "s3cret\nhunter2"}};
  static const std::map<std::string, std::string> troubles = {
      {"/secrets/directory", "is a directory"},
      {"/secrets/pipe", "is not a regular file"},
      {"/secrets/large", "is larger than 65536 bytes"},
      {"/secrets/open", "is open to every user (chmod o-rwx)"},
      {"/secrets/locked", "cannot be read (Permission denied)"}};
  static const std::map<std::string, std::string> variables = {{"MW_TOKEN", "s3cret-token"}, {"MW_EMPTY", ""}};
  const auto file = [](const std::string& path, std::string& error) -> std::optional<std::string> {
    if (const auto found = files.find(path); found != files.end()) return found->second;
    const auto trouble = troubles.find(path);
    error = trouble == troubles.end() ? "cannot be read (No such file or directory)" : trouble->second;
    return std::nullopt;
  };
  const auto variable = [](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  const auto open_file = [](const std::string& path, std::string& error) -> std::optional<std::string> {
    if (path == "/bodies/query") return "{\"query\": \"mirror\"}\n";
    error = "cannot be read (No such file or directory)";
    return std::nullopt;
  };
  return {file, variable, open_file};
}

ConfigOrErrors parse(const fs::path& path) { return parse_config(read(path), path.filename(), fake_secrets()); }

std::string told(const ConfigOrErrors& outcome) {
  std::string out;
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&outcome))
    for (const ConfigError& error : *errors) out += to_string(error) + "\n";
  return out;
}

bool leaks(const std::string& text) {
  return text.find("s3cret") != std::string::npos || text.find("hunter2") != std::string::npos;
}

std::string with_extension(fs::path path, const char* extension) { return path.replace_extension(extension); }

}  // namespace

TEST_CASE("every bad configuration is told exactly what is wrong with it") {
  const auto files = configurations("bad");
  REQUIRE(files.size() >= 30);
  for (const auto& file : files) {
    const std::string messages = told(parse(file));
    CAPTURE(file.filename().string());
    CHECK_FALSE(messages.empty());
    CHECK_FALSE(leaks(messages));
    CHECK(golden_difference(with_extension(file, ".expected"), messages) == "");
  }
}

TEST_CASE("every good configuration comes out with its defaults filled in and its secrets left out") {
  const auto files = configurations("good");
  REQUIRE(files.size() >= 3);
  for (const auto& file : files) {
    const auto outcome = parse(file);
    INFO(told(outcome));
    REQUIRE(std::holds_alternative<Config>(outcome));
    const std::string printed = print_config(std::get<Config>(outcome));
    CHECK_FALSE(leaks(printed));
    CHECK(golden_difference(with_extension(file, ".printed"), printed) == "");
  }
}

TEST_CASE("errors come in the order of the text") {
  for (const auto& file : configurations("bad")) {
    const auto outcome = parse(file);
    const auto& errors = std::get<std::vector<ConfigError>>(outcome);
    CHECK(std::is_sorted(errors.begin(), errors.end(), [](const auto& a, const auto& b) { return a.line < b.line; }));
  }
}

TEST_CASE("what is printed says the same when it is read again") {
  const auto replace = [](std::string text, const std::string& what, const std::string& with) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
      text.replace(at, what.size(), with);
    return text;
  };
  for (const auto& file : configurations("good")) {
    const auto first = parse(file);
    const std::string printed = print_config(std::get<Config>(first));
    std::string text = replace(printed, "password = \"<redacted>\"", "password_file = \"/secrets/good\"");
    text = replace(text, "bearer = \"<redacted>\"", "bearer_file = \"/secrets/good\"");
    text = replace(text, "api_token = \"<redacted>\"", "api_token_file = \"/secrets/good\"");
    text = replace(text, "credentials = \"<redacted>\"", "credentials_file = \"/secrets/good\"");
    text = replace(text, "secret_headers = ", "header_files = ");
    text = replace(text, "= \"<redacted>\" }", "= \"/secrets/good\" }");
    text = replace(text, "= \"<redacted>\", ", "= \"/secrets/good\", ");
    text = replace(text, "url = \"<redacted>\"", "url_file = \"/secrets/url\"");
    const auto again = parse_config(text, "printed.toml", fake_secrets());
    INFO(told(again));
    REQUIRE(std::holds_alternative<Config>(again));
    CHECK(print_config(std::get<Config>(again)) == printed);
  }
}
