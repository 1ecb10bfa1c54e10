// From text to the configuration, all errors in one pass: read the tables, fill in, check, freeze. Pure but for
// secrets.
#include <algorithm>

#include "alerts/default_rules.hpp"
#include "exporter/config_tables.hpp"
#include "exporter/usual_modules.hpp"

namespace mw {

namespace {

constexpr Duration kUsualTimeout = std::chrono::seconds(5);
constexpr Duration kUsualConfirm = std::chrono::seconds(5);

/// The shortest of the URL's own words that no other reference of the pool shares.
std::string reference_name(const Pool& pool, const Mirror& mirror) {
  const auto shared = [&](std::string (*words)(const Url&)) {
    return std::count_if(pool.mirrors.begin(), pool.mirrors.end(), [&](const Mirror& other) {
             return other.reference && words(other.url) == words(mirror.url);
           }) > 1;
  };
  const auto host = [](const Url& url) { return url.authority(); };
  const auto path = [](const Url& url) { return url.authority() + url.target; };
  if (!shared(host)) return host(mirror.url);
  return shared(path) ? mirror.url.str() : path(mirror.url);
}

/// Of a name longer than one may be, the end: that is where URLs differ.
std::string shortened(std::string name) {
  constexpr std::size_t kLongestName = 64;
  return name.size() <= kLongestName ? name : "..." + name.substr(name.size() - kLongestName + 3);
}

void name_references(Pool& pool) {
  for (Mirror& mirror : pool.mirrors)
    if (mirror.reference && mirror.name.empty() && !mirror.url.host.empty())
      mirror.name = shortened(reference_name(pool, mirror));
}

void complete_options(Pool& pool) {
  const Ecosystem* ecosystem = find_ecosystem(pool.ecosystem);
  if (ecosystem == nullptr) return;
  for (const EcosystemOption& option : ecosystem->options)
    if (!option.required) pool.options.try_emplace(std::string(option.key), option.fallback);
}

/// Without a rule of one's own, and with somebody to tell, the default rules are in force.
void complete_rules(Draft& draft) {
  if (!draft.rules.empty() || draft.receivers.empty()) return;
  std::vector<std::string> names;
  for (const Receiver& receiver : draft.receivers) names.push_back(receiver.name);
  draft.rules = default_rules(names);
}

Config freeze(Draft draft) {
  complete_rules(draft);
  Config config;
  config.agent = std::move(draft.agent);
  config.rules = std::move(draft.rules);
  config.receivers = std::move(draft.receivers);
  config.maintenance = std::move(draft.maintenance);
  config.watchdog = std::move(draft.watchdog);
  config.probe = std::move(draft.probe);
  if (draft.modules.empty()) draft.modules = usual_modules();
  for (Module& module : draft.modules)
    config.probe.modules.push_back(std::make_shared<const Module>(std::move(module)));
  for (Pool& pool : draft.pools) config.pools.push_back(std::make_shared<const Pool>(std::move(pool)));
  return config;
}

void check(const Draft& draft, Reading& reading) {
  check_agent(draft.agent, reading);
  check_pools(draft, reading);
  check_rules(draft, reading);
  check_receivers(draft, reading);
  check_maintenance(draft, reading);
  check_watchdog(draft.watchdog, reading);
  check_modules(draft, reading);
}

}  // namespace

void complete(Pool& pool) {
  if (const Ecosystem* own = find_ecosystem(pool.ecosystem)) {
    if (pool.interval.count() == 0) pool.interval = own->pace;
    if (pool.integrity_interval.count() == 0) pool.integrity_interval = std::max(own->integrity_pace, pool.interval);
  }
  if (pool.timeout.count() == 0) pool.timeout = std::min(kUsualTimeout, pool.interval / 2);
  if (pool.confirm_every.count() == 0) pool.confirm_every = std::min(kUsualConfirm, pool.interval);
  name_references(pool);
  complete_options(pool);
}

std::string user_agent(const AgentConfig& agent, const std::string& version) {
  const std::string contact = agent.contact.empty() ? "" : " (+" + agent.contact + ")";
  return "mirrorwarden/" + version + contact;
}

ConfigOrErrors parse_config(const std::string& text, const std::string& file, const SecretSource& secrets) {
  Reading reading(file, secrets);
  const auto tree = parse_toml(text);
  if (const auto* error = std::get_if<TomlError>(&tree)) {
    reading.fail_at(error->at, "", error->what);
    return reading.errors();
  }
  Draft draft;
  read_table(Spot{std::get_if<TomlNode>(&tree), "", &reading}, root_fields(), draft);
  for (Pool& pool : draft.pools) complete(pool);
  check(draft, reading);
  if (!reading.ok()) return reading.errors();
  return freeze(std::move(draft));
}

}  // namespace mw
