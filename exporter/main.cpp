// The command line: which verb, which files. Everything else is the agent's.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "exporter/advise.hpp"
#include "exporter/agent.hpp"
#include "exporter/blackbox_import.hpp"
#include "exporter/build_info.hpp"
#include "exporter/catalogue.hpp"
#include "exporter/config.hpp"
#include "exporter/config_files.hpp"
#include "exporter/probe_catalogue.hpp"
#include "exporter/rules_file.hpp"
#include "exporter/test_receiver.hpp"
#include "probes/ecosystem.hpp"

namespace {

constexpr int kOk = 0;
constexpr int kBadUsage = 2;

/// Would change what our libraries do behind our back: proxies, key logs, resolver options.
void forget_environment() {
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
                           "SSLKEYLOGFILE", "CURL_HOME", "CURL_CA_BUNDLE", "HOSTALIASES", "RES_OPTIONS", "LOCALDOMAIN"})
    unsetenv(name);
}

/// The configuration, or nothing after having told stderr everything that is wrong with it.
std::optional<mw::Config> load(const std::string& file) {
  auto loaded = mw::load_config(file);
  if (auto* config = std::get_if<mw::Config>(&loaded)) return std::move(*config);
  for (const mw::ConfigError& error : std::get<std::vector<mw::ConfigError>>(loaded))
    std::cerr << to_string(error) << '\n';
  return std::nullopt;
}

/// False after having told stderr what is wrong with the web configuration.
bool is_web_in_order(const mw::ListenerOptions& web) {
  const auto trouble = mw::trouble_of(web);
  if (trouble) std::cerr << *trouble << '\n';
  return !trouble;
}

int check_config(const std::string& file, const mw::ListenerOptions& web) {
  const auto config = load(file);
  if (!is_web_in_order(web) || !config) return kBadUsage;
  std::size_t mirrors = 0;
  for (const auto& pool : config->pools) mirrors += pool->mirrors.size();
  std::cout << file << ": ok, " << config->pools.size() << " pools, " << mirrors << " mirrors, " << config->rules.size()
            << " alert rules, " << config->receivers.size() << " receivers\n";
  return kOk;
}

int print_config(const std::string& file) {
  const auto config = load(file);
  if (!config) return kBadUsage;
  std::cout << mw::print_config(*config);
  return kOk;
}

int test_receiver(const std::string& file, const std::string& name) {
  const auto config = load(file);
  if (!config) return kBadUsage;
  return mw::test_receiver(*config, name, std::cout, std::cerr);
}

int print_rules(const std::string& file, const std::string& runbooks) {
  const auto config = load(file);
  if (!config) return kBadUsage;
  const mw::RulesFile rules = mw::prometheus_rules(*config, runbooks);
  for (const std::string& warning : rules.warnings) std::cerr << "warning: " << warning << '\n';
  std::cout << rules.text;
  return kOk;
}

int import_blackbox(const std::string& file) {
  std::string error;
  const auto text = mw::read_configuration(file, error);
  if (!text)
    return std::cerr << file << ": " << error << ", expected the configuration of blackbox_exporter\n", kBadUsage;
  const mw::Imported imported = mw::import_blackbox(*text, file);
  for (const mw::ConfigError& each : imported.errors) std::cerr << to_string(each) << '\n';
  for (const mw::ConfigError& each : imported.warnings) std::cerr << "warning: " << to_string(each) << '\n';
  std::cout << imported.toml;
  return imported.errors.empty() ? kOk : kBadUsage;
}

int list_ecosystems() {
  for (const mw::Ecosystem* ecosystem : mw::ecosystems()) {
    std::cout << ecosystem->name << ": " << ecosystem->doc << "\n  canary: " << ecosystem->canary_doc << '\n';
    for (const auto& option : ecosystem->options)
      std::cout << "  " << option.key << (option.required ? " (required)" : "") << ": " << option.doc << '\n';
  }
  return kOk;
}

struct CommandLine {
  mw::AgentOptions agent{"/etc/mirrorwarden/mirrorwarden.toml", "/metrics", {}};
  std::string log_level = "info";
  std::string log_format = "logfmt";
  std::string receiver;  ///< to be tested
  std::string runbooks;
  std::string pool;      ///< to be advised on
  std::string blackbox;  ///< the configuration to take over
};

int serve(const CommandLine& line) {
  auto config = load(line.agent.config_file);
  if (!is_web_in_order(line.agent.web) || !config) return kBadUsage;
  const std::map<std::string, mw::LogLevel> levels = {{"debug", mw::LogLevel::debug},
                                                      {"info", mw::LogLevel::info},
                                                      {"warn", mw::LogLevel::warn},
                                                      {"error", mw::LogLevel::error}};
  mw::Log log(levels.at(line.log_level), line.log_format == "json" ? mw::LogFormat::json : mw::LogFormat::logfmt);
  return run_agent(line.agent, std::move(*config), log);
}

void describe_flags(CLI::App& app, CommandLine& line) {
  app.add_option("--config.file", line.agent.config_file, "The configuration, TOML")->capture_default_str();
  app.add_option("--web.listen-address", line.agent.web.addresses,
                 "Where to serve, may be repeated: host:port, [v6]:port, :port for all addresses, unix:/path")
      ->allow_extra_args(false)
      ->capture_default_str();
  app.add_flag("--web.systemd-socket", line.agent.web.systemd_socket, "Serve on the sockets of a systemd .socket unit");
  app.add_option("--web.config.file", line.agent.web.web_config_file,
                 "TLS and passwords, as Prometheus' own servers take them (web-config.yml)");
  app.add_option("--web.telemetry-path", line.agent.telemetry_path, "Path of the metrics")->capture_default_str();
  app.add_option("--log.level", line.log_level, "Least severe level to log")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  app.add_option("--log.format", line.log_format, "Form of a log line")
      ->check(CLI::IsMember({"logfmt", "json"}))
      ->capture_default_str();
}

int dispatch(const CLI::App& app, const CommandLine& line) {
  const auto& file = line.agent.config_file;
  if (app.got_subcommand("check-config")) return check_config(file, line.agent.web);
  if (app.got_subcommand("print-config")) return print_config(file);
  if (app.got_subcommand("test-receiver")) return test_receiver(file, line.receiver);
  if (app.got_subcommand("advise"))
    return mw::advise(line.agent.web.addresses.front(), line.pool, std::cout, std::cerr);
  if (app.got_subcommand("rules")) return print_rules(file, line.runbooks);
  if (app.got_subcommand("import-blackbox")) return import_blackbox(line.blackbox);
  if (app.got_subcommand("ecosystems")) return list_ecosystems();
  if (app.got_subcommand("metrics-reference")) return std::cout << mw::metrics_reference(), kOk;
  if (app.got_subcommand("probe-metrics-reference")) return std::cout << mw::probe_metrics_reference(), kOk;
  if (app.got_subcommand("config-reference")) return std::cout << mw::config_reference(), kOk;
  return serve(line);
}

}  // namespace

int main(int argc, char** argv) {
  forget_environment();
  CLI::App app(
      "Tells which package mirrors are safe to use right now, proves why, and wakes the right person when one is not.",
      "mirrorwarden");
  CommandLine line;
  describe_flags(app, line);
  app.set_version_flag("--version", "mirrorwarden, version " + mw::build_info().version);
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.add_subcommand("serve", "Watch the mirrors and serve the metrics (the default)");
  app.add_subcommand("check-config", "Say everything that is wrong with the configuration");
  app.add_subcommand("print-config", "Print the configuration in force, defaults filled in, secrets redacted");
  app.add_subcommand("test-receiver", "Send a notice that is marked as a test, and say what came of it")
      ->add_option("NAME", line.receiver, "The receiver, as rules call it")
      ->required();
  app.add_subcommand("advise", "Ask the agent at --web.listen-address what a client of a pool should use now")
      ->add_option("POOL", line.pool, "The pool's name")
      ->required();
  app.add_subcommand("rules", "Print the alert rules for Prometheus, and what Alertmanager must know of them")
      ->add_option("--runbooks", line.runbooks, "The URL below which the runbooks of the default rules are");
  app.add_subcommand("import-blackbox", "Print the modules of a blackbox_exporter configuration as ours")
      ->add_option("FILE", line.blackbox, "Its configuration, YAML")
      ->required();
  app.add_subcommand("ecosystems", "List the ecosystems and their options");
  app.add_subcommand("metrics-reference", "Print the metrics as a Markdown table");
  app.add_subcommand("probe-metrics-reference", "Print the metrics of /probe as a Markdown table");
  app.add_subcommand("config-reference", "Print the configuration keys as Markdown tables");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kBadUsage;
  }
  return dispatch(app, line);
}
