// Checks of pools that no single key can make. Pure: what it complains of goes to the Reading.
#include <algorithm>

#include "exporter/config_tables.hpp"
#include "probes/duration.hpp"

namespace mw {

namespace {

void check_credentials(const Credentials& credentials, const std::string& path, Reading& reading) {
  const bool user = reading.has(path + ".user");
  const bool password = reading.has(path + ".password_file") || reading.has(path + ".password_env");
  const bool bearer = reading.has(path + ".bearer_file") || reading.has(path + ".bearer_env");
  if (user && !password && !reading.has(path + ".password"))
    reading.fail(path + ".user", "is given without a password, expected password_file or password_env as well");
  if (password && !user) {
    const auto* key = reading.has(path + ".password_file") ? ".password_file" : ".password_env";
    reading.fail(path + key, "is given without a user, expected user as well");
  }
  if (bearer && (user || password))
    reading.fail(path + (reading.has(path + ".bearer_file") ? ".bearer_file" : ".bearer_env"),
                 "is given together with a user or password, expected only one kind of credentials");
  if (credentials.user.find(':') != std::string::npos)
    reading.fail(path + ".user", "holds a colon, which basic authentication cannot carry, expected none");
}

void check_mirror(const Mirror& mirror, const std::string& path, Reading& reading) {
  check_credentials(mirror.credentials, path, reading);
  check_client_certificate(mirror.tls, path, reading);
  if (mirror.proxy) check_credentials(mirror.proxy->credentials, path + ".proxy", reading);
}

void check_mirrors(const Pool& pool, const std::string& path, Reading& reading) {
  std::map<std::string, std::string> seen;
  for (std::size_t i = 0; i < pool.mirrors.size(); ++i) {
    const std::string mirror = mirror_path(path, pool, i);
    check_mirror(pool.mirrors[i], mirror, reading);
    check_name(pool.mirrors[i].name, mirror + ".name", seen, reading);
  }
}

bool is_ancestor_of_itself(const Pool& pool, const Mirror& mirror) {
  const auto parent_of = [&](const std::string& name) {
    const auto found =
        std::find_if(pool.mirrors.begin(), pool.mirrors.end(), [&](const Mirror& each) { return each.name == name; });
    return found == pool.mirrors.end() ? std::string() : found->parent;
  };
  std::string at = mirror.parent;
  for (std::size_t steps = 0; steps <= pool.mirrors.size() && !at.empty(); ++steps, at = parent_of(at))
    if (at == mirror.name) return true;
  return false;
}

void check_parents(const Pool& pool, const std::string& path, Reading& reading) {
  std::vector<std::string> names;
  for (const Mirror& mirror : pool.mirrors) names.push_back(mirror.name);
  for (std::size_t i = 0; i < pool.mirrors.size(); ++i) {
    const Mirror& mirror = pool.mirrors[i];
    const std::string key = mirror_path(path, pool, i) + ".parent";
    if (mirror.parent.empty()) continue;
    if (std::find(names.begin(), names.end(), mirror.parent) == names.end())
      reading.fail(
          key, "'" + printable(mirror.parent, 64) + "' is no mirror of this pool" + suggestion(mirror.parent, names));
    else if (is_ancestor_of_itself(pool, mirror))
      reading.fail(key, "leads back to '" + printable(mirror.name, 64) + "' itself, expected a chain that ends");
  }
}

void check_quorum(const Pool& pool, const std::string& path, Reading& reading) {
  const std::size_t references = reference_count(pool);
  const std::size_t voters = references > 0 ? references : pool.mirrors.size();
  if (pool.quorum > voters && pool.quorum > 1)
    reading.fail(path + ".quorum", std::to_string(pool.quorum) + " is more than the " + std::to_string(voters) +
                                       (references > 0 ? " references" : " mirrors") + ", expected at most that");
}

void check_reference(const Pool& pool, const std::string& path, Reading& reading) {
  const bool wants = std::find(pool.checks.begin(), pool.checks.end(), CheckKind::freshness) != pool.checks.end();
  if (wants && pool.quorum <= 1 && !reading.has(path + ".reference"))
    reading.fail(path + ".reference",
                 "is missing, expected an upstream to compare with, a quorum of mirrors, or checks without freshness");
}

/// A zero is a value that could not be read: it has been complained of.
void check_times(const Pool& pool, const std::string& path, Reading& reading) {
  const auto shown = [](Duration duration) { return format_duration(duration); };
  if (pool.interval.count() == 0) return;
  const std::string interval = shown(pool.interval);
  if (pool.timeout >= pool.interval)
    reading.fail(path + ".timeout",
                 shown(pool.timeout) + " is not shorter than the interval, expected less than " + interval);
  if (pool.integrity_interval.count() != 0 && pool.integrity_interval < pool.interval)
    reading.fail(path + ".integrity_interval",
                 shown(pool.integrity_interval) + " is shorter than the interval, expected at least " + interval);
  if (pool.confirm_every > pool.interval)
    reading.fail(path + ".confirm_every",
                 shown(pool.confirm_every) + " is longer than the interval, expected at most " + interval);
}

/// Without a table nobody has complained of what it should hold.
void check_options(const Pool& pool, const Ecosystem& own, const std::string& table, Reading& reading) {
  if (own.option_troubles != nullptr)
    for (const OptionTrouble& trouble : own.option_troubles(pool))
      reading.fail(table + "." + std::string(trouble.key), trouble.what);
  if (reading.has(table)) return;
  for (const EcosystemOption& option : own.options)
    if (option.required) reading.fail(table + "." + std::string(option.key), "is missing, expected a string");
}

void check_ecosystem(const Pool& pool, const std::string& path, Reading& reading) {
  const Ecosystem* own = find_ecosystem(pool.ecosystem);
  if (own == nullptr) return;
  for (const Ecosystem* other : ecosystems()) {
    const std::string table = path + "." + std::string(other->name);
    if (other != own && reading.has(table))
      reading.fail(table, "belongs to another ecosystem, expected only options of '" + pool.ecosystem + "'");
  }
  check_options(pool, *own, path + "." + pool.ecosystem, reading);
}

void check_canaries(const Pool& pool, const std::string& path, Reading& reading) {
  std::map<std::string, std::string> seen;
  for (std::size_t i = 0; i < pool.canaries.size(); ++i)
    check_name(pool.canaries[i].name, path + ".canaries[" + std::to_string(i) + "]", seen, reading);
}

void check_http(const HttpExpectation& http, const std::string& path, Reading& reading) {
  const bool body = !http.body_matches.empty() || !http.body_not_matches.empty();
  if (http.method == "HEAD" && body)
    reading.fail(path + ".method", "HEAD has no body for body_matches to look at, expected GET or POST");
}

/// What is listed elsewhere is not known yet.
void check_has_mirrors(const std::string& path, Reading& reading) {
  const auto has = [&](const char* key) { return reading.has(path + key); };
  if (!has(".mirror") && !has(".file_sd") && !has(".http_sd"))
    reading.fail(path + ".mirror", "is missing, expected at least one [[pool.mirror]], or a list of them");
}

void check_pool(const Pool& pool, const std::string& path, Reading& reading) {
  check_ecosystem(pool, path, reading);
  check_times(pool, path, reading);
  check_has_mirrors(path, reading);
  check_reference(pool, path, reading);
  check_quorum(pool, path, reading);
  check_parents(pool, path, reading);
  check_canaries(pool, path, reading);
  check_http(pool.http, path + ".http", reading);
  check_mirrors(pool, path, reading);
}

}  // namespace

std::size_t reference_count(const Pool& pool) {
  return static_cast<std::size_t>(
      std::count_if(pool.mirrors.begin(), pool.mirrors.end(), [](const Mirror& mirror) { return mirror.reference; }));
}

std::string mirror_path(const std::string& pool_path, const Pool& pool, std::size_t index) {
  const std::size_t references = reference_count(pool);
  const bool reference = index < references;
  return pool_path + (reference ? ".reference[" : ".mirror[") + std::to_string(reference ? index : index - references) +
         "]";
}

void check_client_certificate(const TlsOptions& tls, const std::string& path, Reading& reading) {
  if (!tls.cert_file.empty() && !reading.has(path + ".key_file"))
    reading.fail(path + ".cert_file", "is given without key_file, expected both or neither");
  if (!tls.key_file.empty() && !reading.has(path + ".cert_file"))
    reading.fail(path + ".key_file", "is given without cert_file, expected both or neither");
}

void check_name(const std::string& name, const std::string& path, std::map<std::string, std::string>& seen,
                Reading& reading) {
  if (name.empty()) return;
  const auto [first, is_new] = seen.emplace(name, path);
  if (is_new) return;
  reading.fail(path, "'" + printable(name, 64) + "' is taken by line " +
                         std::to_string(reading.position(first->second).line) + ", expected a name of its own");
}

void check_pools(const Draft& draft, Reading& reading) {
  if (!reading.has("pool") && !reading.has("module"))
    reading.fail("pool", "is missing, expected at least one [[pool]]");
  std::map<std::string, std::string> seen;
  for (std::size_t i = 0; i < draft.pools.size(); ++i) {
    const std::string path = "pool[" + std::to_string(i) + "]";
    check_name(draft.pools[i].name, path + ".name", seen, reading);
    check_pool(draft.pools[i], path, reading);
  }
}

void check_agent(const AgentConfig& agent, Reading& reading) {
  if (agent.concurrency_per_host > agent.concurrency)
    reading.fail("agent.concurrency_per_host", std::to_string(agent.concurrency_per_host) +
                                                   " is more than concurrency, expected at most " +
                                                   std::to_string(agent.concurrency));
}

}  // namespace mw
