// The configuration as one immutable value, and the way from text to it. All errors come out in one pass.
// Knows no TOML: toml_tree.* does.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "alerts/maintenance.hpp"
#include "alerts/receiver.hpp"
#include "alerts/rule.hpp"
#include "probes/model.hpp"
#include "probes/module.hpp"

namespace mw {

struct AgentConfig {
  std::string vantage;  ///< the place this agent looks from; a label of every notice
  std::string contact;  ///< in the User-Agent, so that a mirror's operator can reach us
  std::string external_url;
  std::string state;             ///< the directory for what must survive a restart; empty = nothing does
  std::vector<Url> controls;     ///< hosts that are hardly ever down: while one answers, our own network is up
  int concurrency = 64;          ///< checks running at once
  int concurrency_per_host = 2;  ///< of these, against one host
  Duration gap_per_host = std::chrono::milliseconds(100);          ///< between the starts of two checks of one host
  std::uint64_t bytes_per_host_per_day = std::uint64_t{1} << 30U;  ///< checks that fetch then wait for the next day's
  Secret api_token;                                        ///< who sends it may lay silences; empty = nobody may
  Duration evaluation_interval = std::chrono::seconds(5);  ///< of the rules
};

/// The dead man's switch: an outside service that raises the alarm when it does not hear of us.
struct WatchdogConfig {
  Secret url;  ///< empty = there is none
  Duration every = std::chrono::minutes(1);
};

struct Config {
  AgentConfig agent;
  std::vector<std::shared_ptr<const Pool>> pools;
  std::vector<Rule> rules;
  std::vector<Receiver> receivers;
  std::vector<Maintenance> maintenance;
  WatchdogConfig watchdog;
  ProbeConfig probe;
};

/// How the agent introduces itself to everybody.
std::string user_agent(const AgentConfig&, const std::string& version);

/// One thing wrong: `file:line:col: path: what, expected what`. Never holds a secret.
struct ConfigError {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
  std::string path;  ///< e.g. pool[0].mirror[2].url
  std::string what;
};
std::string to_string(const ConfigError&);

/// Where secrets come from; injected so that tests need no files. Nothing = not there (why, in `error`).
struct SecretSource {
  std::function<std::optional<std::string>(const std::string& path, std::string& error)> file;
  std::function<std::optional<std::string>(const std::string& variable)> environment;
  /// Of a file that anybody may read.
  std::function<std::optional<std::string>(const std::string& path, std::string& error)> open_file;
};
SecretSource system_secrets();

using ConfigOrErrors = std::variant<Config, std::vector<ConfigError>>;

/// `file` is only for messages. Reads nothing but secrets.
ConfigOrErrors parse_config(const std::string& text, const std::string& file, const SecretSource&);

/// As it is delivered by: each receiver as its endpoints_of(), of which a rule that names the receiver tells all.
Config with_endpoints(Config);

/// Reads at most 1 MiB.
ConfigOrErrors load_config(const std::string& file);

/// The effective configuration as TOML, defaults filled in, secrets redacted.
std::string print_config(const Config&);

/// The configuration reference for the README, made from the same field tables that the reader uses (Markdown).
std::string config_reference();

}  // namespace mw
